"""Generated requests against the deployed API of each system, held against the document that describes it."""
