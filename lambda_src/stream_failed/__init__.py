"""Records what the mapping of the stream of transactions gave up, alerts, and quarantines the customers."""
