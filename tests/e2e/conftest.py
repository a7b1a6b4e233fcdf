"""The flagship, deployed once by Terraform to the chosen local AWS, and short ways to use it."""

from __future__ import annotations

import gzip
import importlib
import json
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pytest
import requests

from pipeline.aws.dynamo import to_bytes, to_item
from pipeline.domain.merchant_risk import MerchantRisk
from scripts import systems
from tests.e2e import logs, probing
from tests.e2e import securebank as securebanks
from tests.e2e.deployed import (
    EMULATORS,
    WAIT_SECONDS,
    Deployed,
    apply,
    emulator_of,
    environment_of,
    local_aws,
    wait_for,
)
from tests.e2e.proofs import Proofs


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the run choose its emulator and its part of the tests."""
    parser.addoption("--emulator", choices=EMULATORS, default="embedded", help="the local AWS to deploy to")
    parser.addoption("--systems", choices=("flagship", "others"), help="only the tests of the flagship, or of all else")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Make pytest-terraform's fixtures when that plugin is ready for them, and report what is proved."""
    config.pluginmanager.register(importlib.import_module("tests.e2e.roots"), "roots")
    config.pluginmanager.register(Proofs(lambda: emulator_of(config).kind), "proofs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the part of the tests that was chosen."""
    chosen = config.getoption("systems")
    kept = [
        item
        for item in items
        if chosen is None or ("flagship" in getattr(item, "fixturenames", ())) == (chosen == "flagship")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many lines of logs were read."""
    for reading in (reading for reading in logs.READINGS if reading.lines):
        terminalreporter.write_line(f"logs of {reading.summary()}")


@pytest.fixture(scope="session")
def worker_id() -> str:
    """Stand for pytest-xdist, with which pytest-terraform cannot share one apply; it asks for this name."""
    return "master"


@dataclass
class Flagship(Deployed):
    """The deployed pipeline as a client and an operator see it."""

    def submit(self, document: dict[str, Any], **arguments: Any) -> requests.Response:
        """Submit a transaction."""
        return self.call("POST", "/v1/transactions", json=document, **arguments)

    def put_merchant(self, merchant_id: str, **attributes: Any) -> str:
        """Configure a merchant and return its id."""
        row = {"merchant_id": merchant_id, "name": "Corner Shop", "active": True, **attributes}
        self.client("dynamodb").put_item(TableName=self.outputs["merchants_table_name"], Item=to_item(row))
        return merchant_id

    def row(self, transaction_id: str) -> dict[str, Any]:
        """Return a transaction's row, or an empty one."""
        return self.item(self.outputs["transactions_table_name"], transaction_id={"S": transaction_id})

    def account(self, account_id: str) -> dict[str, Any]:
        """Return an account's row, or an empty one."""
        return self.item(self.outputs["accounts_table_name"], account_id={"S": account_id})

    def case(self, transaction_id: str) -> dict[str, Any]:
        """Return a transaction's case, or an empty one."""
        return self.item(self.outputs["cases_table_name"], case_id={"S": transaction_id})

    def merchant_risk(self, merchant_id: str) -> MerchantRisk:
        """Return what is known of a merchant; nothing, where nothing was learnt yet."""
        row = self.item(self.outputs["merchant_risk_table_name"], merchant_id={"S": merchant_id})
        return MerchantRisk.unpack(to_bytes(row["risk"])) if row else MerchantRisk()

    def drift_row(self, window: str) -> dict[str, Any]:
        """Return the counts of an hour, or the breaker; empty where there are none."""
        return self.item(self.outputs["drift_table_name"], window={"S": window})

    def label(self, transaction_id: str, label: str = "fraud", **changes: Any) -> requests.Response:
        """Label a transaction, as confirmed now unless `changes` say otherwise."""
        confirmed_at = datetime.now(timezone.utc).isoformat()
        document = {"transaction_id": transaction_id, "label": label, "source": "chargeback", **changes}
        document.setdefault("confirmed_at", confirmed_at)
        return self.call("POST", "/v1/labels", json=document)

    def log_lines(self, function: str) -> list[dict[str, Any]]:
        """Return the JSON lines of a function's log."""
        texts = self.log_texts(self.outputs["function_names"][function])
        return [json.loads(text) for text in texts if text.startswith("{")]

    def archived(self) -> list[dict[str, Any]]:
        """Return every event in the archive bucket."""
        s3 = self.client("s3")
        bucket = self.outputs["archive_bucket_name"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="events/")
        events = []
        for entry in (entry for page in pages for entry in page.get("Contents", [])):
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            events += [json.loads(line) for line in gzip.decompress(body).splitlines()]
        return events

    def invoke(self, function: str, payload: Any = None) -> Any:
        """Call a function and return its answer; fail where it failed. Bytes travel as Lambda's events carry them."""
        event = json.dumps(payload or {}, default=lambda binary: b64encode(binary).decode())
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs["function_names"][function], Payload=event.encode()
        )
        content = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, content
        return content

    def alarm(self, inbox: str, name: str) -> dict[str, Any]:
        """Wait until an inbox of the topic hears of an alarm, by a part of its name, and return what it says."""
        heard = self.messages(inbox, lambda message: name in message["Body"], seconds=180.0)
        told: dict[str, Any] = json.loads(json.loads(heard["Body"])["Message"])
        return told

    def replay(self, rule: str, since: datetime) -> None:
        """Send the bus's events since an instant to a rule once more, as the operations guide has it."""
        events, bus = self.client("events"), self.outputs["event_bus_name"]
        events.start_replay(
            ReplayName=f"{rule}-{uuid.uuid4().hex[:8]}",
            EventSourceArn=events.describe_archive(ArchiveName=bus)["ArchiveArn"],
            EventStartTime=since,
            EventEndTime=datetime.now(timezone.utc),
            Destination={
                "Arn": self.outputs["event_bus_arn"],
                "FilterArns": [events.describe_rule(Name=rule, EventBusName=bus)["Arn"]],
            },
        )

    def settled(self, transaction_id: str, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """Wait until a transaction is no longer RECEIVED and return its row."""
        row: dict[str, Any] = wait_for(
            lambda: (row := self.row(transaction_id)) and row["status"] != "RECEIVED" and row,
            f"{transaction_id} to be settled",
            seconds,
        )
        return row


@pytest.fixture(scope="session")
def flagship(request: pytest.FixtureRequest) -> Iterator[Flagship]:
    """Apply the root and return it, ready to be used."""
    with local_aws(systems.FLAGSHIP, request.config) as server:
        environment = environment_of(server, systems.FLAGSHIP, TF_VAR_project="e2e")
        deployed = apply(Flagship, systems.FLAGSHIP, server, environment, request)
        deployed.put_merchant("shop")
        yield deployed
        events = deployed.archived()
        assert {problem for event in events for problem in logs.faults(json.dumps(event), is_event=True)} == set()


@pytest.fixture(scope="session")
def probes(request: pytest.FixtureRequest) -> Iterator[probing.Probes]:
    """Apply the root of probes and return it, ready to be used."""
    with probing.deployed(request) as deployed:
        yield deployed


@pytest.fixture(scope="session")
def securebank(request: pytest.FixtureRequest) -> Iterator[securebanks.SecureBank]:
    """Apply examples/securebank and return it, ready to be used."""
    with securebanks.deployed(request) as deployed:
        yield deployed


@pytest.fixture
def new_id() -> Callable[[str], str]:
    """Make ids that no other test uses: new_id("txn")."""
    run = uuid.uuid4().hex[:8]
    return lambda prefix: f"{prefix}-{run}"


@pytest.fixture
def purchase(new_id: Callable[[str], str]) -> Callable[..., dict[str, Any]]:
    """Make a harmless purchase of the test's own account: purchase("1", amount=5)."""

    def make(name: str = "1", **changes: Any) -> dict[str, Any]:
        document: dict[str, Any] = {
            "transaction_id": new_id(f"t{name}"),
            "account_id": new_id("acc"),
            "merchant_id": "shop",
            "amount": 12.5,
            "currency": "USD",
            "occurred_at": datetime.now(timezone.utc).isoformat(),
            **changes,
        }
        return {key: value for key, value in document.items() if value is not ...}

    return make


@pytest.fixture
def payment(new_id: Callable[[str], str]) -> securebanks.Payment:
    """Make a harmless payment of the test's own customer to SecureBank: payment("1", amount=5)."""
    return partial(securebanks.payment_of, new_id)
