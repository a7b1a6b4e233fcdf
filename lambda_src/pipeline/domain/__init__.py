"""Pure domain: what a transaction, a decision and an account are. No AWS, no clock, no environment."""
