"""Adapters: all that the functions know about AWS lives here."""
