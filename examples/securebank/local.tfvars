# The embedded local AWS: thrown away after each run, and quick where people would otherwise wait.
deletion_protection     = false
force_destroy           = true
api_key_value           = "local-api-key-that-opens-nothing-real" # checkov:skip=CKV_SECRET_6:the local emulator's key, since it cannot make one
timing                  = { policy_refresh = 1, sweep_after = 60 }
lake                    = { batching_window_seconds = 1 }
traced_share            = null # the emulator knows no rules of X-Ray
spark_schedules_enabled = false
report_retention        = { days = 1 }
audit_trail             = null  # the emulator's trail records nothing
backup                  = false # it knows no policies of vaults

# The default of 1,000 needs a larger quota than an account begins with; LocalStack sees to that, too.
processor_reserved_concurrency = 100
