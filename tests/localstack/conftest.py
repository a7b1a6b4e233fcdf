"""One LocalStack in host mode for the tests of its adapter, and functions made of a few lines."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from scripts.localstack.choice import choose
from scripts.localstack.host import HostLocalStack

HERE = Path(__file__).parent
ROLE = "arn:aws:iam::000000000000:role/function"
SECRET_OF_THE_SHELL = "of the shell"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave these tests out where LocalStack runs otherwise than through the adapter."""
    chosen = choose()
    if isinstance(chosen, HostLocalStack):
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=f"the adapter is not in use, but {chosen.how}"))


@pytest.fixture(scope="package")
def server() -> Iterator[HostLocalStack]:
    """Run LocalStack as processes, started from a shell that holds a secret."""
    with pytest.MonkeyPatch.context() as shell:
        shell.setenv("SECRET", SECRET_OF_THE_SHELL)
        with HostLocalStack("localstack-tests") as running:
            # What the first function loads is in no test's time.
            Function(client(running.environment, "lambda"), "first", "def handler(*_): return 1")()
            yield running


@pytest.fixture(scope="package")
def aws(server: HostLocalStack) -> Callable[[str], Any]:
    """Make clients: aws("lambda")."""
    return lambda service: client(server.environment, service)


def client(environment: dict[str, str], service: str) -> Any:
    """Return a client that sees this environment only and tries once."""
    sdk: Any = boto3
    return sdk.client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=10),
    )


def zipped(files: dict[str, str]) -> bytes:
    """Return a zip of these files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


class Function:
    """A function deployed to LocalStack."""

    def __init__(self, client: Any, name: str, code: str, **configuration: Any) -> None:
        self._client = client
        self.name = name
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=ROLE,
            Handler="function.handler",
            Code={"ZipFile": zipped({"function.py": code})},
            **{"Timeout": 5, **configuration},
        )
        client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})

    def __call__(self, event: Any = None) -> Any:
        """Return its result, which must not be an error."""
        kind, document = self.call(event)
        assert kind is None, document
        return document

    def call(self, event: Any = None) -> tuple[str | None, Any]:
        """Return how it failed (None when it did not) and what it answered."""
        answer = self._client.invoke(FunctionName=self.name, Payload=json.dumps(event).encode())
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())


@pytest.fixture
def function(aws: Callable[[str], Any], request: pytest.FixtureRequest) -> Iterator[Callable[..., Function]]:
    """Deploy a function: function("def handler(event, context): ...", Timeout=1)."""
    made: list[Function] = []

    def make(code: str, **configuration: Any) -> Function:
        name = f"{request.node.originalname[:50]}-{len(made)}-{uuid.uuid4().hex[:6]}"
        made.append(Function(aws("lambda"), name, code, **configuration))
        return made[-1]

    yield make
    for each in made:
        aws("lambda").delete_function(FunctionName=each.name)
