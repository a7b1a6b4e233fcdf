# The embedded local AWS: thrown away after each run, and quick where people would otherwise wait.
deletion_protection         = false
usage_plan                  = { rate_limit = 10000, burst_limit = 10000, quota_per_day = 1000000 } # a demo hurries
api_key_value               = "local-api-key-that-opens-nothing-real"                              # checkov:skip=CKV_SECRET_6:the local emulator's key, since it cannot make one
traced_share                = null                                                                 # the emulator knows no rules of X-Ray
waf_logs                    = false                                                                # the emulator has none
fraud_detection_concurrency = 2                                                                    # each worker of the emulator unpacks the function anew
timing                      = { merchant_cache = 2, policy_refresh = 1, retry_base = 1 }
