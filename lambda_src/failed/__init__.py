"""Records what the dead-letter queue holds, alerts, and quarantines the account."""
