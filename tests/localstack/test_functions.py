"""Functions that run as processes fail, overlap and are kept apart as on Lambda."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from scripts import environments, paths
from tests.localstack.conftest import SECRET_OF_THE_SHELL, Function, zipped

pytestmark = pytest.mark.timeout(10, func_only=True)

Make = Callable[..., Function]


def test_a_function_that_takes_too_long_is_ended_and_the_next_call_is_served(function: Make) -> None:
    slow = function("import time\ndef handler(event, _):\n    time.sleep(event)\n    return 'done'\n", Timeout=1)

    started = time.monotonic()
    kind, error = slow.call(60)

    assert time.monotonic() - started < 5
    assert (kind, error["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert error["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert slow(0) == "done"


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: killed"),
    ],
)
def test_a_function_whose_process_ends_fails_once_and_the_next_call_is_served(
    function: Make, end: str, reason: str
) -> None:
    fragile = function(f"import os\ndef handler(event, _):\n    if event: {end}\n    return os.getpid()\n")
    before = fragile()

    kind, error = fragile.call(True)

    assert (kind, error["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert error["errorMessage"].endswith(f"Error: {reason}")
    assert fragile() != before


def test_an_error_that_nobody_caught_keeps_its_type_and_its_process(function: Make) -> None:
    faulty = function(
        "import os\n"
        "class BadTransaction(Exception): ...\n"
        "def handler(event, _):\n"
        "    if event: raise BadTransaction('no amount')\n"
        "    return os.getpid()\n"
    )
    before = faulty()

    kind, error = faulty.call(True)

    assert kind == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == ("BadTransaction", "no amount")
    assert faulty() == before


@pytest.mark.parametrize(
    ("code", "kind"),
    [("import no_such_module\n", "Runtime.ImportModuleError"), ("import os\nos._exit(1)\n", "Runtime.ExitError")],
)
def test_a_function_that_cannot_be_loaded_says_why(function: Make, code: str, kind: str) -> None:
    broken = function(code)

    failed, error = broken.call()

    assert (failed, error["errorType"]) == ("Unhandled", kind)


def test_calls_at_once_run_at_once_each_in_a_process_of_its_own(function: Make, tmp_path: Path) -> None:
    together = function(
        "import os, pathlib, time\n"
        "def handler(event, _):\n"
        "    place = pathlib.Path(event['place'])\n"
        "    (place / str(os.getpid())).touch()\n"
        "    while len(list(place.iterdir())) < event['others']: time.sleep(.01)\n"
        "    return os.getpid()\n"
    )

    with ThreadPoolExecutor(4) as pool:
        processes = list(pool.map(together, [{"place": str(tmp_path), "others": 4}] * 4))

    assert len(set(processes)) == 4


def test_a_crash_hurts_no_call_but_its_own(function: Make, tmp_path: Path) -> None:
    together = function(
        "import os, pathlib, time\n"
        "def handler(event, _):\n"
        "    place = pathlib.Path(event['place'])\n"
        "    (place / event['name']).touch()\n"
        "    while len(list(place.iterdir())) < 3: time.sleep(.01)\n"
        "    if event['name'] == 'crashing': os._exit(1)\n"
        "    return event['name']\n"
    )

    with ThreadPoolExecutor(3) as pool:
        events = [{"place": str(tmp_path), "name": name} for name in ("one", "crashing", "other")]
        one, crashed, other = pool.map(together.call, events)

    assert (one, other) == ((None, "one"), (None, "other"))
    assert crashed[0] == "Unhandled"


def test_calls_one_after_the_other_share_a_process(function: Make) -> None:
    counting = function("calls = []\ndef handler(event, _):\n    calls.append(1)\n    return len(calls)\n")

    assert [counting() for _ in range(3)] == [1, 2, 3]


def test_a_function_imports_from_its_layers_of_which_the_last_wins(function: Make, aws: Callable[[str], Any]) -> None:
    versions = [
        aws("lambda").publish_layer_version(
            LayerName=name,
            Content={"ZipFile": zipped({"python/shared.py": f"WHO = {name!r}\n", f"python/{name}.py": ""})},
        )["LayerVersionArn"]
        for name in ("first", "second")
    ]
    layered = function("import first, second, shared\ndef handler(*_): return shared.WHO\n", Layers=versions)

    assert layered() == "second"


def test_functions_see_nothing_of_each_other_of_the_emulator_or_of_the_shell(function: Make) -> None:
    code = (
        "import importlib.util, os, sys, tempfile\n"
        "def handler(event, _):\n"
        "    found = [name for name in ('localstack', 'moto', 'scripts', 'boto3') if importlib.util.find_spec(name)]\n"
        "    return dict(variables=dict(os.environ), found=found, path=sys.path, temporary=tempfile.gettempdir())\n"
    )
    one = function(code, Environment={"Variables": {"OWN": "one", "ONLY_ONE": "1"}})()
    two = function(code, Environment={"Variables": {"OWN": "two"}})()

    assert (one["variables"]["OWN"], two["variables"]["OWN"]) == ("one", "two")
    assert "ONLY_ONE" not in two["variables"]
    assert one["temporary"] != two["temporary"]
    assert one["variables"]["LAMBDA_TASK_ROOT"] != two["variables"]["LAMBDA_TASK_ROOT"]
    for seen in (one, two):
        assert SECRET_OF_THE_SHELL not in seen["variables"].values()
        assert seen["found"] == ["boto3"]
        assert str(paths.ROOT) not in seen["path"]
        assert not any(entry.startswith(str(environments.LOCALSTACK.folder)) for entry in seen["path"])


def test_a_function_has_the_variables_of_lambda_and_its_own_and_no_others(function: Make) -> None:
    code = "import os\ndef handler(event, _): return sorted(os.environ)\n"

    seen = set(function(code, Environment={"Variables": {"OWN": "1"}})())

    of_the_system = {"HOME", "LANG", "LC_CTYPE", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "TMPDIR", "TZ"}
    of_lambda = {"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "_HANDLER", "_X_AMZN_TRACE_ID"}
    others = {name for name in seen if not name.startswith(("AWS_", "_AWS_XRAY_"))}
    assert others - of_the_system - of_lambda == {"OWN"}


def test_a_changed_environment_leaves_nothing_of_the_one_before(function: Make, aws: Callable[[str], Any]) -> None:
    changed = function(
        "import os\ndef handler(event, _): return {name: os.environ.get(name) for name in ('KEPT', 'GONE')}\n",
        Environment={"Variables": {"KEPT": "old", "GONE": "1"}},
    )
    assert changed() == {"KEPT": "old", "GONE": "1"}

    aws("lambda").update_function_configuration(FunctionName=changed.name, Environment={"Variables": {"KEPT": "new"}})
    aws("lambda").get_waiter("function_updated_v2").wait(
        FunctionName=changed.name, WaiterConfig={"Delay": 1, "MaxAttempts": 10}
    )

    assert changed() == {"KEPT": "new", "GONE": None}


def test_a_function_reaches_the_emulator_with_the_sdk_as_it_is(function: Make, aws: Callable[[str], Any]) -> None:
    aws("sqs").create_queue(QueueName="reached")
    caller = function("import boto3\ndef handler(*_): return boto3.client('sqs').list_queues()['QueueUrls']\n")

    assert any(url.endswith("/reached") for url in caller())


def test_what_a_function_prints_is_in_its_log_group(function: Make, aws: Callable[[str], Any]) -> None:
    talkative = function("def handler(event, _): print('heard', event)\n")
    talkative("a word")

    deadline = time.monotonic() + 8
    while not (lines := messages(aws("logs"), f"/aws/lambda/{talkative.name}")) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert "heard a word" in lines
    assert [line.split(" ", 1)[0] for line in lines if line.startswith(("START", "END"))] == ["START", "END"]


def messages(logs: Any, group: str) -> list[str]:
    """Return the lines of a log group, or none while it is not there."""
    try:
        return [event["message"].rstrip() for event in logs.filter_log_events(logGroupName=group)["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []
