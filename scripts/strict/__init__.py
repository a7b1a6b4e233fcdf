"""The embedded emulator with IAM enforced and TLS: `make strict-test`."""
