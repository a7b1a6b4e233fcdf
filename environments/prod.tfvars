# Production: the defaults protect the data; set the people who are to be told.
log_retention_days           = 731
event_archive_days           = 365
process_reserved_concurrency = 100 # needs a concurrency quota of the account of at least 200
# failure_emails   = ["payments-oncall@your-bank.example"]
# fraud_emails     = ["fraud-desk@your-bank.example"]
