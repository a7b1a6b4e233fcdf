"""The first step of a case: what surrounds the flagged transaction."""
