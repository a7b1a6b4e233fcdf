"""Decides what the table's stream brings, and queues an alert for what is flagged."""
