"""Scores and commits what is queued, in order per account."""
