"""The adapter of LocalStack's host mode, proved on its own; a package, so that its server ends with its last test."""
