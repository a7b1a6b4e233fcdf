"""Sends decided transactions of high value to the priority queue, grouped by account."""
