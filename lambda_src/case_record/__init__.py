"""The records of a case: opened, held, closed, failed."""
