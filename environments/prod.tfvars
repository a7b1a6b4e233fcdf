# Production: the defaults protect the data; set the people who are to be told.
log_retention_days = 731
event_archive_days = 365
# failure_emails   = ["payments-oncall@your-bank.example"]
# fraud_emails     = ["fraud-desk@your-bank.example"]
