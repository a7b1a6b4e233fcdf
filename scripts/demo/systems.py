"""The systems: their endpoints, the outputs of their roots, and the parts that each has."""

from __future__ import annotations

from functools import partial

from scripts import systems as deployable
from scripts.demo import bodies
from scripts.demo.analyses.queries import NamedQueries
from scripts.demo.analyses.reports import ComplianceReports
from scripts.demo.analyses.spark import SparkJobs
from scripts.demo.parts.accounts import AccountTable
from scripts.demo.parts.alerts import AlertInbox
from scripts.demo.parts.archive import ArchiveBucket
from scripts.demo.parts.cases import CaseTable
from scripts.demo.parts.dead_letters import DeadLetterQueues
from scripts.demo.parts.insights import InsightsTable
from scripts.demo.parts.lake import LakeBucket
from scripts.demo.parts.priority import PriorityQueue
from scripts.demo.parts.profiles import CustomerProfiles
from scripts.demo.system import System

FLAGSHIP = System(
    name=deployable.FLAGSHIP.name,
    submit_path="/v1/transactions",
    body=bodies.flagship,
    transactions_table="transactions_table_name",
    merchants_table="merchants_table_name",
    received_index="received-index",
    parts=(
        AccountTable,
        PriorityQueue,
        CaseTable,
        ArchiveBucket,
        partial(DeadLetterQueues, outputs=("transaction_dead_letter_queue_url", "learn_dead_letter_queue_url")),
    ),
)

MERCHANT_API = System(
    name=deployable.MERCHANT_API.name,
    submit_path="/transaction",
    body=bodies.merchant_api,
    transactions_table="transaction_table_name",
    merchants_table="merchant_table_name",
    received_index="received-index",
)

STREAM_ALERTS = System(
    name=deployable.STREAM_ALERTS.name,
    submit_path="/transactions",
    body=bodies.stream_alerts,
    transactions_table="transactions_table_name",
    parts=(
        AlertInbox,
        partial(DeadLetterQueues, outputs=("alerts_dead_letter_queue_url", "stream_dead_letter_queue_url")),
    ),
    patience_seconds=330.0,  # the alerts' queue hides a message for 300 s
)

SECUREBANK = System(
    name=deployable.SECUREBANK.name,
    submit_path="/transactions",
    body=bodies.securebank,
    transactions_table="transactions_table_name",
    received_index="received-index",
    account_attribute="customer_id",
    parts=(
        partial(AccountTable, output="customers_table_name", key="customer_id", word="customer"),
        CustomerProfiles,
        InsightsTable,
        LakeBucket,
        partial(DeadLetterQueues, outputs=("given_up_queue_url", "lake_dead_letter_queue_url")),
    ),
    # The reconciliation among the queries compares with what the report writes.
    analyses=(ComplianceReports, SparkJobs, NamedQueries),
    count=2000,
    # The generator's own transactions never have three marks at once, which is what its rules call fraud.
    patterns=("takeover", "location", "time"),
)

ALL = {system.name: system for system in (FLAGSHIP, MERCHANT_API, STREAM_ALERTS, SECUREBANK)}
