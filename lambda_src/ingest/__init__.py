"""Accepts transactions: validates, stores, queues, answers."""
