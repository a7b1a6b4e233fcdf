"""Keeps a stream's number of shards in step with its load."""
