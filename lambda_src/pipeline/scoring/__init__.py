"""Pure scoring: policies turn the features of a transaction into a decision with reasons."""
