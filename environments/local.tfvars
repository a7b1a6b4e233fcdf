# The embedded local AWS: thrown away after each run, and quick where people would otherwise wait.
deletion_protection    = false
force_destroy          = true
log_retention_days     = 1
event_archive_days     = 1
api                    = { rate_limit = 10000, burst_limit = 10000 }
merchant_cache_seconds = 2
policy_refresh_seconds = 1
api_key_value          = "local-api-key-that-opens-nothing-real" # checkov:skip=CKV_SECRET_6:the local emulator's key, since it cannot make one
retry_base_seconds     = 1
archive_window_seconds = 1
learn_window_seconds   = 1
review_timeout_seconds = 20
traced_share           = null # the emulator knows no rules of X-Ray
