"""What is worked out of everything once it is at rest: one file for each kind, with what has to come of it."""
