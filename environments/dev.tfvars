# A development account: destroyable, with short memories.
deletion_protection = false
force_destroy       = true
log_retention_days  = 7
event_archive_days  = 7
api                 = { rate_limit = 50, burst_limit = 100 }
