"""Looks after transactions that stay RECEIVED too long."""
