# The embedded local AWS: quick where people would otherwise wait, and with no limit that a demo would meet.
api_throttle           = { rate_limit = 10000, burst_limit = 10000 }
policy_refresh_seconds = 1
traced_share           = null # the emulator knows no rules of X-Ray
