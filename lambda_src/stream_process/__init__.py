"""Decides what the stream of transactions brings, in order per customer, and commits it with all that it counts in."""
