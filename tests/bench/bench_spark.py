"""How long the Spark jobs take, and whether they are exact at that size: run by hand, never as a test.

Usage: PYTHONPATH=glue_src build/venv/spark/bin/python -m tests.bench.bench_spark
    [--rows N ...] [--memory 4g] [--daily-only]

Default: 100,000 and 1,000,000 lines; 10,000,000 take their time, and with --daily-only a third of it. Each lake has
nine tenths of its lines on one day, the rest on the two days before, a twentieth of them repeated or decided again.
What the jobs write is compared, row by row and digit by digit, with what DuckDB makes of the same files by SQL of its
own. A table is printed, and build/bench/spark.json written.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import random
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Callable

import duckdb
from pyspark.sql import SparkSession

from lake_jobs import daily, session, weekly
from lake_jobs.patterns import BANDS
from lake_jobs.storage import LocalStorage
from scripts import paths

DAY = date(2026, 3, 11)
MONDAY = DAY - timedelta(days=DAY.weekday())
LINES_AN_OBJECT = 10_000
CATEGORIES = ("groceries", "travel", "electronics", "fuel", "dining", "health", "fashion", "games")
CURRENCIES = ("EUR", "USD", "GBP")

_LINE = (
    '{"transaction_id":"txn-%d","customer_id":"cust-%d","merchant_id":"merchant-%d","merchant_category":"%s",'
    '"transaction_type":"purchase","channel":"online","amount":%d.%02d,"currency":"%s","latitude":51.5,'
    '"longitude":-0.12,"occurred_at":"%s","received_at":"%s","processed_timestamp":"%s","status":"%s","is_fraud":%s,'
    '"risk_score":0.%d,"reasons":[%s],"policy":"weights","policy_version":"1","document_version":"securebank-1",'
    '"label":%s,"revision":%d,"label_revision":0,"event_id":"txn-%d#%d"}\n'
)


def generate(folder: Path, rows: int) -> int:
    """Write a lake of so many lines; return the bytes of its objects."""
    chance = random.Random(1)  # noqa: S311 - lines, not secrets
    written = number = 0
    for day, share in ((DAY - timedelta(days=2), 0.05), (DAY - timedelta(days=1), 0.05), (DAY, 0.9)):
        for hour in range(24):
            left = round(rows * share * (hour + 1) / 24) - round(rows * share * hour / 24)
            prefix = folder / f"raw/transactions/year={day:%Y}/month={day:%m}/day={day:%d}/hour={hour:02}"
            prefix.mkdir(parents=True, exist_ok=True)
            while left > 0:
                count = min(left, LINES_AN_OBJECT)
                lines, number = _lines(chance, count, number, rows, f"{day}T{hour:02}")
                content = gzip.compress("".join(lines).encode(), 1, mtime=0)
                (prefix / f"{number:010}.jsonl.gz").write_bytes(content)
                written, left = written + len(content), left - count
    return written


def _lines(chance: random.Random, count: int, number: int, rows: int, hour: str) -> tuple[list[str], int]:
    lines: list[str] = []
    while len(lines) < count:
        number += 1
        dice = chance.getrandbits(64)
        fraud = (dice >> 20) % 50 == 0
        lines.append(_line(number, dice, rows, hour, 1, suspected=fraud))
        if dice % 20 == 0 and len(lines) < count:  # once more, or decided again
            again = lines[-1] if dice % 40 else _line(number, dice, rows, hour, 2, suspected=not fraud)
            lines.append(again)
    return lines, number


def _line(number: int, dice: int, rows: int, hour: str, revision: int, *, suspected: bool) -> str:
    """Return a line of one transaction, all of whose values follow from its dice."""
    units, rest = dice % 1_000_000, dice >> 20
    at = f"{hour}:{rest % 60:02}:{rest // 60 % 60:02}.{units:06}Z"
    label = ('"fraud"', '"genuine"')[rest % 2] if rest % 7 == 0 else "null"
    customer, category = (rest >> 3) % max(rows // 10, 1), CATEGORIES[(rest >> 5) % 8]
    status, decided, risk = ("FRAUD_SUSPECTED", "true", 9) if suspected else ("APPROVED", "false", 2)
    reasons = "" if rest % 3 else '"NIGHT"'
    return _LINE % (
        number, customer, rest % 5000, category, units // 100, units % 100, CURRENCIES[units % 3], at, at, at, status,
        decided, risk, reasons, label, revision, number, revision,
    )  # fmt: skip


def oracle(folder: Path) -> duckdb.DuckDBPyConnection:
    """Return a database with what the jobs must come to, from the same objects."""
    database = duckdb.connect()
    database.execute("SET threads = 2")
    database.execute("SET memory_limit = '6GB'")
    fields = (
        "transaction_id", "customer_id", "merchant_id", "merchant_category", "transaction_type", "currency",
        "occurred_at", "is_fraud", "label", "revision",
    )  # fmt: skip
    columns = ", ".join(f"json_extract_string(line, '$.{name}') AS {name}" for name in fields)
    database.execute(f"""
        CREATE TABLE settled AS
        WITH raw AS (
            SELECT column0 AS line
            FROM read_csv('{folder}/raw/transactions/**/*.gz', header = false, columns = {{'column0': 'VARCHAR'}},
                          delim = '\x01', quote = '', escape = '', auto_detect = false)
        ), parsed AS (
            SELECT {columns}, json_extract(line, '$.reasons') AS reasons,
                   CAST(CAST(json_extract(line, '$.amount') AS VARCHAR) AS DECIMAL(18, 3)) AS amount
            FROM raw
        )
        SELECT *, substr(occurred_at, 1, 10) AS day, is_fraud = 'true' AS suspected
        FROM parsed
        QUALIFY row_number() OVER (PARTITION BY transaction_id ORDER BY CAST(revision AS INTEGER) DESC) = 1
    """)  # noqa: S608 - names of ours
    database.execute(f"""
        CREATE TABLE aggregates AS
        WITH of_day AS (
            SELECT day, customer_id, currency, sum(amount) AS total FROM settled GROUP BY ALL
        ), change AS (
            SELECT now.customer_id, now.currency,
                   CAST(now.total * count(*) AS DOUBLE) / CAST(sum(before.total) AS DOUBLE) AS spending_change
            FROM of_day AS now JOIN of_day AS before USING (customer_id, currency)
            WHERE now.day = '{DAY}' AND before.day < '{DAY}'
            GROUP BY now.customer_id, now.currency, now.total
        ), used AS (
            SELECT DISTINCT customer_id, merchant_category FROM settled WHERE day < '{DAY}'
        ), known AS (
            SELECT DISTINCT customer_id FROM used
        ), rows_of_day AS (
            SELECT customer_id, merchant_category, currency, count(*) AS transaction_count,
                   CAST(sum(amount) AS DECIMAL(28, 3)) AS total_amount,
                   (2000 * CAST(sum(CAST(amount * 1000 AS HUGEINT)) AS HUGEINT) + count(*)) // (2 * count(*)) AS mean,
                   min(amount) AS minimum_amount, max(amount) AS maximum_amount,
                   count(*) FILTER (suspected) AS fraud_count
            FROM settled WHERE day = '{DAY}' GROUP BY ALL
        )
        SELECT rows_of_day.*, spending_change,
               known.customer_id IS NOT NULL AND used.customer_id IS NULL AS unusual_category
        FROM rows_of_day
        LEFT JOIN change USING (customer_id, currency)
        LEFT JOIN known USING (customer_id)
        LEFT JOIN used ON used.customer_id = rows_of_day.customer_id
                      AND used.merchant_category = rows_of_day.merchant_category
    """)  # noqa: S608 - days of ours
    bands = " ".join(f"WHEN amount < {high} THEN '{low}-{high}'" for low, high in zip(BANDS, BANDS[1:]))
    database.execute(f"""
        CREATE TABLE patterns AS
        WITH facts AS (
            SELECT *, coalesce(label = 'fraud', suspected) AS fraud,
                   coalesce(json_extract_string(reasons, '$[0]'), '(none)') AS reason
            FROM settled
        ), pairs AS (
            SELECT 'all' AS dimension, 'all' AS value, * FROM facts
            UNION ALL SELECT 'hour_of_day', substr(occurred_at, 12, 2), * FROM facts
            UNION ALL SELECT 'merchant_category', merchant_category, * FROM facts
            UNION ALL SELECT 'merchant', merchant_id, * FROM facts
            UNION ALL SELECT 'amount_band', currency || ' ' || CASE {bands} ELSE '{BANDS[-1]}+' END, * FROM facts
            UNION ALL SELECT 'reason_code', reason, * FROM facts
            UNION ALL SELECT 'transaction_type', transaction_type, * FROM facts
        )
        SELECT dimension, value, count(*) AS transactions, count(*) FILTER (fraud) AS frauds,
               CASE WHEN count(*) FILTER (label = 'genuine') >= 10
                    THEN count(*) FILTER (label = 'genuine' AND suspected) / count(*) FILTER (label = 'genuine')
                    END AS false_positive_rate,
               CASE WHEN count(*) FILTER (label = 'fraud') >= 10
                    THEN count(*) FILTER (label = 'fraud' AND NOT suspected) / count(*) FILTER (label = 'fraud')
                    END AS false_negative_rate
        FROM pairs GROUP BY ALL
    """)  # noqa: S608 - bands of ours
    return database


def differences(database: duckdb.DuckDBPyConnection, folder: Path, tables: Sequence[str]) -> dict[str, int]:
    """Return how many rows of each table are not the same on both sides."""
    parquet = f"read_parquet('{folder}/processed/{{}}/*.parquet', hive_partitioning = false)"
    daily_rows = parquet.format(f"daily-aggregates/day={DAY}")
    weekly_rows = parquet.format(f"fraud-patterns/week={MONDAY}")
    made = {
        "aggregates": f"""
            SELECT customer_id, merchant_category, currency, transaction_count, total_amount,
                   CAST(average_amount * 1000000 AS HUGEINT) AS mean, minimum_amount, maximum_amount, fraud_count,
                   spending_change, unusual_category
            FROM {daily_rows}""",  # noqa: S608 - ours
        "patterns": f"""
            SELECT dimension, value, transactions, frauds, false_positive_rate, false_negative_rate
            FROM {weekly_rows}""",  # noqa: S608 - ours
    }
    found = {}
    for name in tables:
        query = made[name]
        both = f"((FROM {name}) EXCEPT ALL ({query})) UNION ALL (({query}) EXCEPT ALL (FROM {name}))"
        answer = database.execute(f"SELECT count(*) FROM ({both})").fetchone()  # noqa: S608 - ours
        found[name] = int(answer[0]) if answer else -1
        rows = database.execute(f"SELECT count(*) FROM {name}").fetchone()  # noqa: S608 - ours
        found[f"{name}_rows"] = int(rows[0]) if rows else -1
    return found


def measure(spark: SparkSession, folder: Path, rows: int, *, daily_only: bool) -> dict[str, Any]:
    """Run the jobs on a new lake and compare."""
    shutil.rmtree(folder, ignore_errors=True)
    size = generate(folder, rows)
    storage = LocalStorage(folder)
    found: dict[str, Any] = {"rows": rows, "raw_megabytes": round(size / 1e6, 1)}
    jobs: dict[str, Callable[[], object]] = {
        "daily": lambda: daily.run(spark, storage, DAY, 2),
        "again": lambda: daily.run(spark, storage, DAY, 2),
        "weekly": lambda: weekly.run(spark, storage, MONDAY, 1, None, 10),
    }
    jobs = {"daily": jobs["daily"]} if daily_only else jobs
    for name, job in jobs.items():
        started, used = time.monotonic(), _processor_seconds(spark)
        job()
        found[f"{name}_seconds"] = round(time.monotonic() - started, 1)
        found[f"{name}_processor_seconds"] = round(_processor_seconds(spark) - used, 1)
        found[f"{name}_rows_a_second"] = round(rows / (time.monotonic() - started))
    started = time.monotonic()
    with oracle(folder) as database:
        found |= differences(database, folder, ["aggregates"] if daily_only else ["aggregates", "patterns"])
    found["oracle_seconds"] = round(time.monotonic() - started, 1)
    shutil.rmtree(folder)
    return found


def _processor_seconds(spark: SparkSession) -> float:
    """Return the processor time of the Java process, to which neighbours on the machine add nothing."""
    stat = Path(f"/proc/{spark.sparkContext._gateway.proc.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: Sequence[str]) -> int:
    """Measure each size; return 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="bench_spark", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--daily-only", action="store_true", help="neither the second run nor the weekly job")
    parser.add_argument("--memory", default="4g", help="of the Java process")
    options = parser.parse_args(arguments)
    folder = paths.BUILD / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    spark = session.local_session(paths.BUILD / "tmp" / "spark", memory=options.memory)
    start_seconds = round(time.monotonic() - started, 1)
    measure(spark, folder / "lake", 10_000, daily_only=False)  # the first run compiles, and says nothing of the data
    load = os.getloadavg()[0]
    print(f"Spark {spark.version}, local[2], {platform.machine()}, session {start_seconds} s, load {load:.1f}")
    head = (
        "rows", "raw MB", "daily s", "cpu s", "rows/s", "again s", "weekly s", "cpu s", "rows/s", "differ", "rows out",
    )  # fmt: skip
    print("".join(f"{name:>11}" for name in head))
    measured = []
    for rows in options.rows:
        one = measure(spark, folder / "lake", rows, daily_only=options.daily_only)
        measured.append(one)
        differ = one["aggregates"] + one.get("patterns", 0)
        names = (
            "rows", "raw_megabytes", "daily_seconds", "daily_processor_seconds", "daily_rows_a_second",
            "again_seconds", "weekly_seconds", "weekly_processor_seconds", "weekly_rows_a_second",
        )  # fmt: skip
        cells = [*(one.get(name, 0) for name in names), differ, one["aggregates_rows"]]
        print("".join(f"{cell:>11,}" for cell in cells), flush=True)
    spark.stop()
    result = {"cores": 2, "load": os.getloadavg()[0], "session_seconds": start_seconds, "measured": measured}
    (folder / "spark.json").write_text(json.dumps(result, indent=2) + "\n")
    return 1 if any(one["aggregates"] or one.get("patterns") for one in measured) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
