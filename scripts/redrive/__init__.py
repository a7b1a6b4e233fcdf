"""Gives failed transactions and quarantined accounts back to the pipeline, in order."""
