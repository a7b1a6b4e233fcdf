"""`make bench`: calls, processor time and cold starts, beside a handler as it is usually written."""
