"""Which LocalStack is used, and that neither the user's settings nor other interfaces come into it."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scripts import environments, interpreters, paths
from scripts.errors import CommandError
from scripts.localstack import __main__ as command
from scripts.localstack import choice, container, health, kinesis
from scripts.localstack.container import ContainerLocalStack
from scripts.localstack.given import GivenLocalStack
from scripts.localstack.host import HostLocalStack


@pytest.fixture(autouse=True)
def _folders_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "LOCAL", tmp_path / "local")
    for name in ("LOCALSTACK_ENDPOINT", "DOCKER_HOST", "DOCKER_SOCK"):
        monkeypatch.delenv(name, raising=False)


DOCKER = """#!{python}
import http.server, json, sys
with open({calls!r}, "a") as calls:
    print(*sys.argv[1:], file=calls)
if sys.argv[1] == "ps":
    print("1f2e3d 4c5b6a")
if sys.argv[1] == "run":
    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(dict(version="4.14.0", edition="community")).encode())
    host, port, _ = sys.argv[sys.argv.index("--publish") + 1].split(":")
    http.server.HTTPServer((host, int(port)), Health).serve_forever()
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a Docker client on PATH that writes down how it is called; its engine answers, its image too."""
    calls = tmp_path / "calls"
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(python=sys.executable, calls=str(calls)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return calls


@pytest.fixture
def no_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a Docker client without an engine."""
    monkeypatch.setattr(container, "engine_answers", lambda: False)


@pytest.fixture
def running() -> Iterator[str]:
    """Return the endpoint of something that answers as LocalStack does."""

    class Health(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"version": "2026.9.0", "edition": "pro", "services": {}}).encode())

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Health) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_users_endpoint_goes_before_a_docker_engine(docker: Path) -> None:
    chosen = choice.choose(settings={"LOCALSTACK_ENDPOINT": "http://127.0.0.1:4566/"})

    assert isinstance(chosen, GivenLocalStack)
    assert chosen.endpoint == "http://127.0.0.1:4566"


def test_a_docker_engine_goes_before_host_mode(docker: Path) -> None:
    assert isinstance(choice.choose(settings={"LOCALSTACK_ENDPOINT": ""}), ContainerLocalStack)


def test_host_mode_is_left_where_the_docker_client_finds_no_engine(no_docker: None) -> None:
    assert isinstance(choice.choose(settings={}), HostLocalStack)


@pytest.mark.parametrize("client", ["exit 1", "sleep 60"])
def test_a_docker_client_whose_engine_does_not_answer_is_no_engine(
    docker: Path, client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (docker.parent / "bin" / "docker").write_text(f"#!/bin/sh\nexec {client}\n")
    monkeypatch.setattr(container, "ENGINE_SECONDS", 0.2)

    assert not container.engine_answers()


@pytest.mark.parametrize("endpoint", ["localhost:4566", "ftp://127.0.0.1", "http://", "http://127.0.0.1:4566/path"])
def test_an_endpoint_that_is_no_url_is_refused(endpoint: str) -> None:
    with pytest.raises(CommandError, match=r"LOCALSTACK_ENDPOINT must be a URL such as .* not"):
        choice.choose(settings={"LOCALSTACK_ENDPOINT": endpoint})


def test_an_endpoint_where_nothing_answers_ends_the_command_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOCALSTACK_ENDPOINT", "http://127.0.0.1:9")

    assert command.main() == 1
    printed = capsys.readouterr().err
    assert (
        printed == "localstack: no LocalStack answers at http://127.0.0.1:9: start it, or unset LOCALSTACK_ENDPOINT.\n"
    )


def test_the_users_localstack_is_used_as_it_is(running: str, tmp_path: Path) -> None:
    with GivenLocalStack(running) as server:
        assert server.environment["AWS_ENDPOINT_URL"] == running
        assert server.how == f"{running} (LOCALSTACK_ENDPOINT: LocalStack 2026.9.0, pro)"


PYTHON = "#!/bin/sh\necho cpython 3 99 {place}\n"
UV = """#!/bin/sh
case "$2" in
  install) echo "$4" > {asked} ;;
  find) echo {place} ;;
esac
"""


def program(place: Path, text: str) -> Path:
    """Write a program."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text.format(place=place, asked=place.parent / "asked"))
    place.chmod(0o755)
    return place


@pytest.mark.parametrize("where", ["path/python3.99", "pyenv/versions/3.99.1/bin/python", "uv/python"])
def test_the_python_of_host_mode_comes_from_path_or_pyenv_or_uv(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    found = program(tmp_path / where, PYTHON)
    uv = program(tmp_path / "uv" / "uv", UV.replace("{place}", str(tmp_path / "uv" / "python")))
    monkeypatch.setattr(environments, "uv_program", lambda: uv)
    monkeypatch.setattr(environments, "uv_environment", dict)

    chosen = environments._interpreter(replace(environments.LOCALSTACK, versions=((3, 99),)))

    assert chosen == interpreters.Interpreter(found, (3, 99))
    assert (tmp_path / "uv" / "asked").exists() == where.startswith("uv")  # nothing is downloaded without need


def test_no_python_for_host_mode_ends_the_command_in_one_sentence(
    no_docker: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(_: environments.Environment) -> None:
        raise CommandError("the localstack environment needs one of Python 3.13: none is on PATH or in pyenv.")

    monkeypatch.setattr(environments, "ensure", none)

    assert command.main() == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert environments.LOCALSTACK.versions == ((3, 13),)


def test_the_container_is_published_on_the_loopback_interface_and_removed_in_the_end(docker: Path) -> None:
    with ContainerLocalStack() as server:
        endpoint = server.endpoint
        assert health.ask(endpoint) == health.Health("4.14.0", "community")

    assert health.ask(endpoint) is None
    calls = docker.read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["image", "run", "ps", "rm"]
    assert f"--publish 127.0.0.1:{server.port}:4566" in calls[1]
    assert calls[1].endswith("localstack/localstack:4.14.0")
    assert calls[2].endswith(f"--filter name={server.container}")
    assert calls[3] == "rm --force --volumes 1f2e3d 4c5b6a"


def test_the_container_can_start_functions_and_they_are_known_by_its_name(docker: Path) -> None:
    with ContainerLocalStack("e2e-merchant_api") as server:
        pass

    (run,) = [call for call in docker.read_text().splitlines() if call.startswith("run")]
    assert "_" not in server.container  # LocalStack has none in the names of the functions' containers
    assert f"--env MAIN_CONTAINER_NAME={server.container}" in run
    assert "--volume /var/run/docker.sock:/var/run/docker.sock" in run
    assert "--env DOCKER_HOST=unix:///var/run/docker.sock" in run


@pytest.mark.parametrize(
    ("settings", "socket"),
    [
        ({"DOCKER_HOST": "unix:///run/user/1000/docker.sock"}, "/run/user/1000/docker.sock"),
        ({"DOCKER_HOST": "tcp://127.0.0.1:2375"}, "/var/run/docker.sock"),
        ({"DOCKER_HOST": "unix:///run/colima/docker.sock", "DOCKER_SOCK": "/var/run/docker.sock"},
         "/var/run/docker.sock"),
    ],
)  # fmt: skip
def test_the_containers_socket_is_that_of_the_users_engine(
    docker: Path, settings: dict[str, str], socket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    assert f"{socket}:/var/run/docker.sock" in ContainerLocalStack()._command()


def test_an_image_that_cannot_be_pulled_ends_the_command_in_one_sentence(
    docker: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (docker.parent / "bin" / "docker").write_text("#!/bin/sh\n[ $1 = version ]\n")

    assert command.main() == 1
    assert "the image localstack/localstack:4.14.0 could not be pulled" in capsys.readouterr().err


def test_nothing_of_the_users_settings_reaches_host_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "LOCALSTACK_AUTH_TOKEN", "DEBUG", "PYTHONPATH", "NODE_OPTIONS"):
        monkeypatch.setenv(name, "of-the-user")
    monkeypatch.setattr(kinesis, "provide", lambda _: None)
    server = HostLocalStack()
    server.port = 4000

    variables = server._server_environment(tmp_path)

    assert "of-the-user" not in variables.values()
    assert variables["GATEWAY_LISTEN"] == "127.0.0.1:4000"
    for name in ("HOME", "TMPDIR", "FILESYSTEM_ROOT"):
        assert Path(variables[name]).is_relative_to(tmp_path)


def test_without_node_there_is_no_kinesis_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(kinesis, "_FOLDERS", tmp_path)

    assert not kinesis.ensure()
    assert capsys.readouterr().err == "localstack: no Kinesis in this run: it needs Node.js (node and npm) on PATH.\n"
