"""Tells the team of flagged transactions: one readable alert each."""
