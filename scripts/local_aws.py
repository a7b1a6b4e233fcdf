"""`make local-up`, `make local-down`: a local AWS with one of the systems on it, to play with.

Usage: python -m scripts.local_aws up|down|status [--system SYSTEM] [--port PORT]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from scripts import aws_environment, paths, stack, systems
from scripts.errors import CommandError
from scripts.ministack import MiniStack
from scripts.progress import applying, console
from scripts.systems import Deployable


def up(system: Deployable, port: int | None) -> None:
    """Start the emulator, deploy a system to it and leave both running."""
    found = stack.running()
    if found is None:
        deployed = _start(system, port)
    elif found.stack.system == system.name:
        console.print("already running; `make local-down` stops it")
        deployed = found.stack
    else:
        raise CommandError(f"{found.stack.system} is running, not {system.name}: `make local-down` stops it.")
    describe(deployed)


def _start(system: Deployable, port: int | None) -> stack.Stack:
    with MiniStack(port=port, region=system.region) as server:
        console.print(f"{system.name} on a local AWS at {server.endpoint}, log in {paths.shown(server.log)}")
        with applying() as watch:
            deployed = stack.deploy(server, system, watch)
        stack.leave_running(server, deployed)
    if deployed.restored:
        console.print("nothing has changed since an earlier apply, whose result was brought back")
    return deployed


def down() -> None:
    """Stop what `up` left running."""
    console.print("stopped" if stack.stop() else "nothing was running")


def status() -> None:
    """Say whether a stack runs, and how to use it."""
    found = stack.running()
    if found is None:
        console.print("nothing is running; `make local-up` starts it")
    else:
        describe(found.stack)


def describe(deployed: stack.Stack) -> None:
    """Print, for a shell, how to use the stack."""
    print(f"# {deployed.system}")
    for name, value in aws_environment.exports(deployed.endpoint, systems.named(deployed.system).region).items():
        print(f"export {name}={value}")
    print(f"export API_ENDPOINT={stack.api_url(deployed)}")
    key = stack.api_key(deployed)
    if key is not None:
        get_key = f"aws apigateway get-api-key --api-key {key.id} --include-value --query value --output text"
        print(f"# the API key: {get_key}")


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("up", "down", "status"))
    parser.add_argument("--system", default=systems.FLAGSHIP.name, help=f"one of {', '.join(systems.ALL)}")
    parser.add_argument("--port", type=int, help="port to listen on (default: any free one)")
    options = parser.parse_args(arguments)
    try:
        if options.command == "up":
            up(systems.named(options.system), options.port)
        else:
            {"down": down, "status": status}[options.command]()
    except CommandError as error:
        print(f"local: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("local: interrupted; nothing was left running.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
