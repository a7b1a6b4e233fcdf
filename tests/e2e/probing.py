"""The root of probes (`probes/`): what Lambda does with batches, retries and destinations, tried with one function."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts import package, paths, terraform_tree
from scripts import terraform as terraform_cli
from scripts.localstack import kinesis
from scripts.localstack.host import HostLocalStack
from tests.e2e.deployed import Deployed, applied, emulator_of, wait_for

FOLDER = Path("tests", "e2e", "probes")
PACKAGE = paths.BUILD / "probes" / "probe.zip"

Record = dict[str, Any]


def record(name: str, do: str = "succeed", **settings: Any) -> Record:
    """Return a record that tells the function what to do, see `probes/probe.py`."""
    return {"name": name, "do": do, **settings}


class Probes(Deployed):
    """The deployed probes as a writer of records and an operator see them."""

    def write(self, source: str, case: str, *records: Record) -> None:
        """Write records at once, so that they come in one batch: to the "table" or to "kinesis"."""
        texts = {f"{case}-{each['name']}": json.dumps({"case": case, **each}) for each in records}
        if source == "kinesis":
            entries = [{"Data": text.encode(), "PartitionKey": "one"} for text in texts.values()]
            answer = self.client("kinesis").put_records(StreamName=self.outputs["records_stream_name"], Records=entries)
            assert not answer["FailedRecordCount"]
            return
        items = [{"id": {"S": key}, "record": {"S": text}} for key, text in texts.items()]
        self.client("dynamodb").transact_write_items(
            TransactItems=[{"Put": {"TableName": self.outputs["records_table_name"], "Item": item}} for item in items]
        )

    def calls(self, case: str) -> list[list[str]]:
        """Return the names of the records that each call of a case got, in the order of the calls."""
        answer = self.client("dynamodb").query(
            TableName=self.outputs["calls_table_name"],
            KeyConditionExpression="#case = :case",
            ExpressionAttributeNames={"#case": "case"},
            ExpressionAttributeValues={":case": {"S": case}},
            ConsistentRead=True,
        )
        return [[name["S"] for name in item["names"]["L"]] for item in answer["Items"]]

    def calls_until(self, case: str, name: str, times: int = 1) -> list[list[str]]:
        """Wait until a record was delivered that often and return all calls of its case."""
        found: list[list[str]] = wait_for(
            lambda: (calls := self.calls(case)) and sum(name in names for names in calls) >= times and calls,
            f"the record {name} of {case}",
        )
        return found

    def given_up(self, source: str) -> dict[str, Any]:
        """Wait for the next message about records of a stream that were given up."""
        message = self.messages(
            self.outputs["given_up_queue_url"],
            lambda message: self.outputs["source_arns"][source] in message["Body"],
        )
        return dict(json.loads(message["Body"]))

    def record_at(self, source: str, shard: str, sequence_number: str) -> Record:
        """Return the record that lies at a place of a stream, as an operator would look it up."""
        arn = self.outputs["source_arns"][source]
        place: dict[str, Any] = {"ShardId": shard, "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
        if source == "kinesis":
            stream = self.client("kinesis")
            place.update(StreamARN=arn, StartingSequenceNumber=sequence_number)
        else:
            stream = self.client("dynamodbstreams")
            place.update(StreamArn=arn, SequenceNumber=sequence_number)
        iterator = stream.get_shard_iterator(**place)["ShardIterator"]
        found = stream.get_records(ShardIterator=iterator, Limit=1)["Records"][0]
        text = found["Data"] if source == "kinesis" else found["dynamodb"]["NewImage"]["record"]["S"]
        return dict(json.loads(text))


@contextmanager
def deployed(request: pytest.FixtureRequest) -> Iterator[Probes]:
    """Apply the root to an emulator of its own."""
    with emulator_of(request.config, "e2e-probes") as server:
        server.claim()
        PACKAGE.parent.mkdir(parents=True, exist_ok=True)
        package.write({"probe.py": paths.ROOT / FOLDER / "probe.py"}, "probe", PACKAGE)
        terraform_tree.refresh()
        with_kinesis = kinesis.ensure() if isinstance(server, HostLocalStack) else True
        environment = {
            **terraform_cli.environment(server.environment),
            "TF_CLI_ARGS_apply": "-parallelism=40",
            "TF_VAR_package_path": str(PACKAGE),
            "TF_VAR_with_kinesis": str(with_kinesis).lower(),
        }
        outputs, terraform = applied(FOLDER, environment, request)
        yield Probes(server, outputs, terraform, environment)
