"""The judgements of a case: how its subjects look, and what to do."""
