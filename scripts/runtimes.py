"""`make runtimes`: the functions' tests on the oldest and on the newest Lambda runtime.

Usage: python -m scripts.runtimes
"""

from __future__ import annotations

import subprocess
import sys

from scripts import environments, paths
from scripts.environments import Environment
from scripts.errors import CommandError

_TESTS = ("tests/unit/domain", "tests/unit/scoring", "tests/unit/functions", "tests/unit/test_purity.py")
# Said once for each client; the runtime's own SDK is not ours to choose.
_KNOWN_WARNING = "ignore:Boto3 will no longer support Python"


def main() -> int:
    """Run the tests on each version, even after one has failed; return the exit status."""
    passed = True
    try:
        for environment in environments.RUNTIMES:
            try:
                environments.ensure(environment)
            except environments.NoInterpreterError:
                _say(f"{_name(environment)} is left out: it is not on this machine and could not be downloaded.")
                continue
            passed = _test(environment) and passed
    except CommandError as error:
        print(f"runtimes: {error}", file=sys.stderr)
        return 1
    return 0 if passed else 1


def _test(environment: Environment) -> bool:
    _say(f"the functions' tests on {_name(environment)} ...")
    command = [str(environment.python), "-m", "pytest", "-q", "-W", _KNOWN_WARNING, *_TESTS]
    return subprocess.run(command, cwd=paths.ROOT, check=False).returncode == 0


def _name(environment: Environment) -> str:
    ((major, minor),) = environment.versions
    return f"Python {major}.{minor}"


def _say(line: str) -> None:
    print(f"runtimes: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
