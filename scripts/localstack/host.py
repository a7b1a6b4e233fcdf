"""LocalStack in host mode: its Python program and the functions as processes of this machine, no container."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from scripts import environments, paths
from scripts.localstack import adapter, kinesis
from scripts.localstack.served import PRELOADED, ServedLocalStack
from scripts.ministack import HOST

_ADAPTER = Path(adapter.__file__).resolve().parent
_INHERITED = ("PATH", "LANG", "LC_ALL")


class HostLocalStack(ServedLocalStack):
    """LocalStack's program with the adapter's plugins; what it writes lies in its folder and goes with it."""

    kind = "localstack-host"
    how = "host mode"
    needs = (environments.LOCALSTACK, environments.FUNCTIONS)

    def prepare(self) -> None:
        """Build the environments of LocalStack and of the functions, and get its Kinesis where Node.js is there."""
        for environment in self.needs:
            environments.ensure(environment)
        kinesis.ensure()

    def _command(self) -> list[str]:
        # -P: nothing in the folder we happen to be in is taken for a module.
        return [str(environments.LOCALSTACK.python), "-P", "-m", adapter.__name__]

    def _server_environment(self, scratch: Path) -> dict[str, str]:
        plugins, home, temporary = scratch / "plugins", scratch / "home", scratch / "tmp"
        for folder in (plugins / "adapter.dist-info", home, temporary):
            folder.mkdir(parents=True)
        shutil.copy(_ADAPTER / "entry_points.txt", plugins / "adapter.dist-info")
        kinesis.provide(scratch)
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {
            **inherited,
            **PRELOADED,
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "TZ": "UTC",
            "PYTHONDONTWRITEBYTECODE": "1",  # the adapter is imported from the repository
            "PYTHONPATH": os.pathsep.join([str(plugins), str(paths.ROOT)]),
            "NODE_OPTIONS": f'--require "{_ADAPTER / "loopback.js"}"',
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "FILESYSTEM_ROOT": str(scratch),
            "OVERRIDE_IN_DOCKER": "0",
            # Loopback only, plain HTTP, addresses that can be called as they are.
            "GATEWAY_LISTEN": f"{HOST}:{self.port}",
            "GATEWAY_SERVER": "twisted-loopback",
            "LOCALSTACK_HOST": f"{HOST}:{self.port}",
            "SQS_ENDPOINT_STRATEGY": "off",
            "DNS_ADDRESS": "0",
            # Nothing of it calls home.
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            # The adapter's plugins.
            adapter.FUNCTION_PYTHON: str(environments.FUNCTIONS.python),
            "LAMBDA_RUNTIME_EXECUTOR": "process",
            "PROVIDER_OVERRIDE_ATHENA": "moto",
            "PROVIDER_OVERRIDE_BUDGETS": "moto",
            "PROVIDER_OVERRIDE_CLOUDWATCH": "put-right",
            "PROVIDER_OVERRIDE_DYNAMODB": "moto",
            "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "moto",
            "PROVIDER_OVERRIDE_EVENTS": "put-right",
            "PROVIDER_OVERRIDE_GLUE": "moto",
            "PROVIDER_OVERRIDE_LAMBDA": "put-right",
            "PROVIDER_OVERRIDE_SQS": "put-right",
            "PROVIDER_OVERRIDE_WAFV2": "moto",
            # A machine with two busy cores starts functions slowly; nobody should wait long for an idle poller, for the
            # depth of a queue, nor a minute and two between the attempts of an asynchronous call.
            "LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT": "60",
            "LAMBDA_RETRY_BASE_DELAY": "1",
            "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.05",
            "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "1",
            "SQS_CLOUDWATCH_METRICS_REPORT_INTERVAL": "5",
        }
