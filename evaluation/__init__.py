"""Offline: simulated data, training, evaluation of policies, export of models. Nothing here runs in Lambda."""
