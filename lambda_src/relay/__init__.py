"""Announces what was committed: the table's stream becomes events on the bus."""
