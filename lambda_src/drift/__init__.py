"""Watches whether today's decisions look like the training data, and holds promotion if not."""
