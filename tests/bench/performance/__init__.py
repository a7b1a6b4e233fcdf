"""`make bench`: what a transaction costs in calls, processor time and cold starts, beside a handler as it is usually written."""
