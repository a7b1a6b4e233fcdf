"""The preset dictionary of `pipeline.domain.evidence`, version 1: what nearly every decision's evidence is made of.

It is part of the format. It never changes: new features and reasons are kept without it, at a few bytes more each,
until another version of the format has another dictionary.
"""

from __future__ import annotations

DICTIONARY_1 = (
    b'"FRAUD_SUSPECTED""REVIEW_REQUIRED""USD","EUR","GBP"{"code":"ACCOUNT_HISTORY","points":0,"text":"The length of '
    b'this account\'s history is typical of fraud."},{"code":"AMOUNT","points":0,"text":"Amounts of this size are '
    b'often fraudulent."},{"code":"AMOUNT_ABOVE_AVERAGE","points":0,"text":"The amount is more than 3 times the '
    b'account\'s average."},{"code":"AMOUNT_ABOVE_CATEGORY","points":0,"text":"The amount is above what this account '
    b'usually pays in this category."},{"code":"AMOUNT_ABOVE_USUAL","points":0,"text":"The amount is above what this'
    b' account usually pays."},{"code":"BURST","points":0,"text":"This account has been used many times within a '
    b'short time."},{"code":"CATEGORY","points":0,"text":"Transactions of this category are often '
    b'fraudulent."},{"code":"CATEGORY_NEW_TO_ACCOUNT","points":0,"text":"This account has seldom or never paid in '
    b'this category."},{"code":"CHANNEL","points":0,"text":"Transactions through this channel are often '
    b'fraudulent."},{"code":"DISTANT","points":0,"text":"The place is far from where this account was used '
    b'last."},{"code":"HIGH_AMOUNT","points":0,"text":"The amount is above '
    b'5,000."},{"code":"HIGH_AMOUNTS_LATELY","points":0,"text":"This account had unusually high amounts in the last '
    b'days."},{"code":"MERCHANT_FRAUDS","points":0,"text":"There were confirmed frauds at this '
    b'merchant."},{"code":"MERCHANT_NEW_TO_ACCOUNT","points":0,"text":"This account has not paid this merchant '
    b'lately."},{"code":"MERCHANT_RUN","points":0,"text":"The latest transactions at this merchant whose labels are '
    b'known were all fraud."},{"code":"MERCHANT_TIMING","points":0,"text":"How long ago frauds at this merchant '
    b'began is typical of a compromise."},{"code":"NIGHT","points":0,"text":"It happened between 22:00 and 06:00 '
    b'UTC."},{"code":"RECENT_USE","points":0,"text":"The account\'s use in the last days is typical of '
    b'fraud."},{"code":"ROUND_AMOUNT","points":0,"text":"The amount is a multiple of '
    b'1,000."},{"code":"SPENDING","points":0,"text":"This account has spent much within a short '
    b'time."},{"code":"SUSPICIOUS_MERCHANT","points":0,"text":"The merchant\'s name contains test, fake or '
    b'dummy."},{"code":"TIME_OF_DAY","points":0,"text":"Transactions at this time of day are often '
    b'fraudulent."},{"code":"TIME_SINCE_LAST","points":0,"text":"The time since this account\'s last transaction is '
    b'typical of fraud."},{"code":"TOO_FAST","points":0,"text":"The account\'s last place is too far away for the '
    b'time between."},{"code":"UNUSUAL_CURRENCY","points":0,"text":"The currency is none of USD, EUR and '
    b'GBP."},{"code":"UNUSUAL_HOUR","points":0,"text":"This account is seldom used at this time of '
    b'day."},{"code":"VELOCITY","points":0,"text":"The account had more than 5 transactions in the hour before."}{"n'
    b'ames":["account_age_hours","account_bucket","account_transactions","amount","amount_cents","amount_ratio_thous'
    b'andths","amount_thousandths","amount_z_thousandths","category","category_ratio_thousandths","category_transact'
    b'ions","cents_1h","cents_24h","cents_7d","channel","counted_transactions","currency","day_of_week","distance_th'
    b'ousandths_mile","high_amounts_7d","hour_share_thousandths","listed","listed_kind","merchant_frauds_21d","merch'
    b'ant_frauds_7d","merchant_known","merchant_name","merchant_rate_21d_thousandths","merchant_rate_7d_thousandths"'
    b',"merchant_run_age_at_most_days","merchant_run_age_days","merchant_run_frauds","merchant_transactions_21d","se'
    b'cond_of_day","seconds_since_high","seconds_since_last","speed_thousandths_mph","total_thousandths","transactio'
    b'ns_1h","transactions_24h","transactions_7d_thousandths","transactions_before"],"shadows":[{"kind":"points","ou'
    b'tcome":"APPROVED","policy":"points","reasons":[],"score":0,"version":"1"},{"kind":"weights","outcome":"APPROVE'
    b'D","policy":"weights","reasons":[],"score":0,"version":"1"},{"kind":"model","model_version":"-","outcome":"APP'
    b'ROVED","policy":"model","reasons":[],"score":0,"version":"1"},{"kind":"combination","model_version":"-","outco'
    b'me":"APPROVED","policy":"combined","reasons":[],"score":0,"version":"1"}],"values":[]}'
)
"""Outcomes, reasons, then names and results in the order of the JSON document; what is most frequent is at the end."""
