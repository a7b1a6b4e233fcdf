"""One meter a type of resource: what it charges in a month."""
