"""The archive: every event of the bus, in S3, for good."""
