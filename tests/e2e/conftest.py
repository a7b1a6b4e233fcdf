"""The flagship, deployed once by Terraform to the embedded local AWS, and short ways to use it."""

from __future__ import annotations

import gzip
import importlib
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, TypeVar

import boto3
import pytest
import requests

from pipeline.aws.dynamo import from_item, to_bytes, to_item
from pipeline.domain.merchant_risk import MerchantRisk
from scripts import package, stack, terraform_tree
from scripts import terraform as terraform_cli
from scripts.ministack import MiniStack

Found = TypeVar("Found")

WAIT_SECONDS = 60.0


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Make pytest-terraform's fixture when that plugin is ready for it."""
    config.pluginmanager.register(importlib.import_module("tests.e2e.root_module"), "root_module")


@pytest.fixture(scope="session")
def worker_id() -> str:
    """Stand for pytest-xdist, with which pytest-terraform cannot share one apply; it asks for this name."""
    return "master"


@dataclass
class Flagship:
    """The deployed pipeline as a client and an operator see it."""

    server: MiniStack
    outputs: dict[str, Any]
    terraform: Any
    api: str = ""
    key: str = field(default="", repr=False)
    session: requests.Session = field(default_factory=requests.Session)

    def client(self, service: str) -> Any:
        """Return an AWS client."""
        sdk: Any = boto3
        environment = self.server.environment
        return sdk.client(
            service,
            endpoint_url=self.server.endpoint,
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def call(self, method: str, path: str, *, key: str | None = None, **arguments: Any) -> requests.Response:
        """Call the API with its key, or with another one ("" sends none)."""
        headers = {"x-api-key": self.key if key is None else key} if key != "" else {}
        headers.update(arguments.pop("headers", {}))
        return self.session.request(method, self.api + path, headers=headers, timeout=30, **arguments)

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
        return self._row("transactions_table_name", "transaction_id", transaction_id)

    def account(self, account_id: str) -> dict[str, Any]:
        """Return an account's row, or an empty one."""
        return self._row("accounts_table_name", "account_id", account_id)

    def case(self, transaction_id: str) -> dict[str, Any]:
        """Return a transaction's case, or an empty one."""
        return self._row("cases_table_name", "case_id", transaction_id)

    def merchant_risk(self, merchant_id: str) -> MerchantRisk:
        """Return what is known of a merchant; nothing, where nothing was learnt yet."""
        row = self._row("merchant_risk_table_name", "merchant_id", merchant_id)
        return MerchantRisk.unpack(to_bytes(row["risk"])) if row else MerchantRisk()

    def drift_row(self, window: str) -> dict[str, Any]:
        """Return the counts of an hour, or the breaker; empty where there are none."""
        return self._row("drift_table_name", "window", window)

    def label(self, transaction_id: str, label: str = "fraud", **changes: Any) -> requests.Response:
        """Label a transaction, as confirmed now unless `changes` say otherwise."""
        confirmed_at = datetime.now(timezone.utc).isoformat()
        document = {"transaction_id": transaction_id, "label": label, "source": "chargeback", **changes}
        document.setdefault("confirmed_at", confirmed_at)
        return self.call("POST", "/v1/labels", json=document)

    def log_lines(self, function: str) -> list[dict[str, Any]]:
        """Return the JSON lines of a function's log."""
        group = f"/aws/lambda/{self.outputs['function_names'][function]}"
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        texts = (text for page in pages for event in page["events"] for text in event["message"].splitlines())
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
        """Call a function and return its answer; fail where it failed."""
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs["function_names"][function], Payload=json.dumps(payload or {}).encode()
        )
        content = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, content
        return content

    def _row(self, table: str, key: str, value: str) -> dict[str, Any]:
        answer = self.client("dynamodb").get_item(
            TableName=self.outputs[table], Key={key: {"S": value}}, ConsistentRead=True
        )
        return from_item(answer.get("Item", {}))

    def settled(self, transaction_id: str, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """Wait until a transaction is no longer RECEIVED and return its row."""
        row: dict[str, Any] = wait_for(
            lambda: (row := self.row(transaction_id)) and row["status"] != "RECEIVED" and row,
            f"{transaction_id} to be settled",
            seconds,
        )
        return row

    def messages(self, queue_url: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Receive from a queue until a message satisfies `until`; delete and return that one."""
        sqs = self.client("sqs")

        def look() -> dict[str, Any] | None:
            answer = sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1,
                VisibilityTimeout=1,
                AttributeNames=["All"],
            )
            for message in answer.get("Messages", []):
                if until(message):
                    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
                    return dict(message)
            return None

        found: dict[str, Any] = wait_for(look, f"a message in {queue_url.rsplit('/', 1)[-1]}")
        return found


def wait_for(look: Callable[[], Found | bool | dict[str, Any] | None], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """Return the first true answer of `look`; fail when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.1)  # the pace of looking, not a wait for luck
    return found


@pytest.fixture(scope="session")
def local_aws() -> Iterator[MiniStack]:
    """Run a local AWS for the deployed pipeline, with the environment that Terraform needs for it."""
    with MiniStack("e2e") as server:
        server.claim()
        package.package_all()
        terraform_tree.refresh()
        arguments = f"-var-file={stack.VARIABLES} -parallelism=40"
        environment = terraform_cli.environment(server.environment)
        saved = dict(os.environ)
        os.environ.clear()
        os.environ.update(
            environment,
            TF_CLI_ARGS_plan=arguments,
            TF_CLI_ARGS_apply="-parallelism=40",
            TF_CLI_ARGS_destroy=arguments,
            TF_VAR_project="e2e",
        )
        try:
            yield server
        finally:
            os.environ.clear()
            os.environ.update(saved)


@pytest.fixture(scope="session")
def flagship(local_aws: MiniStack, request: pytest.FixtureRequest) -> Flagship:
    """Apply the root and return it, ready to be used."""
    root = request.getfixturevalue("applied_root")
    outputs = {name: output["value"] for name, output in root.outputs.items()}
    deployed = Flagship(local_aws, outputs, root.terraform)
    deployed.api = stack.api_url(stack.Stack(local_aws.endpoint, outputs, 0.0))
    keys = deployed.client("apigateway").get_api_key(apiKey=outputs["api_key_id"], includeValue=True)
    deployed.key = keys["value"]
    deployed.put_merchant("shop")
    return deployed


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
