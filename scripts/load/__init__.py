"""Load for any endpoint: generated transactions to send, and how an API answers at a steady rate."""
