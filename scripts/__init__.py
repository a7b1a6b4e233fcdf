"""Set-up, packaging, local AWS and checks: what the Makefile runs."""
