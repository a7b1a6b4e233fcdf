"""What the system cost yesterday, as a metric."""
