"""The lake's raw lines: the table's stream becomes objects of many lines in S3."""
