"""What every function of the transaction pipeline shares: pure domain and scoring, and the AWS adapters."""

from __future__ import annotations

__version__ = "0.1.0"
