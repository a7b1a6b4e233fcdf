"""Learns from what was decided and labelled: merchants' risk, and the counters of drift."""
