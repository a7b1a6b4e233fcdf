"""`make scan`: checkov over the source and over a plan of each root, and a search for secrets in every file."""
