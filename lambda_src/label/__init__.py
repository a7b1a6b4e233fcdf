"""Takes labels: what transactions turned out to be."""
