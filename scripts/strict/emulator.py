"""MiniStack with IAM enforced, behind TLS, its decisions on record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3

from scripts import aws_environment, environments, paths
from scripts.ministack import HOST, MiniStack
from scripts.strict import certificates, server

CALLS = paths.BUILD / "iam" / "calls"
"""Where the decisions of each emulator lie: `<name>.jsonl`."""
_ADMINISTRATOR = "administrator"


class StrictMiniStack(MiniStack):
    """The embedded emulator as an account in which nobody may do what no policy allows.

    Those who use it are an IAM user with AdministratorAccess, so that their signatures are checked too;
    functions and services act by their own roles and the resources' policies (see `server`).
    """

    kind = "embedded-strict"
    how = "the embedded emulator with IAM enforced"
    scheme = "https"
    grace = 1.0  # it has nothing to save, and would wait for its clients to close their connections

    @property
    def calls(self) -> Path:
        """Return the file of its decisions."""
        return CALLS / f"{self.name}.jsonl"

    @property
    def environment(self) -> dict[str, str]:
        """Return an environment for programs that use it."""
        trusted = str(self.authority)
        return {
            **super().environment,
            **self._keys,
            "AWS_CA_BUNDLE": trusted,  # the SDKs, the AWS CLI and Terraform's provider
            "REQUESTS_CA_BUNDLE": trusted,
            "CURL_CA_BUNDLE": trusted,
        }

    def refused(self) -> list[str]:
        """Return what a role or a service was refused so far, with its name, the action and the resource."""
        calls = [json.loads(line) for line in self.calls.read_text(encoding="utf-8").splitlines()]
        return [
            f"{call['principal']} may not {call['action']} {call['resource']}" for call in calls if not call["allowed"]
        ]

    def start(self) -> StrictMiniStack:
        """Start it and wait until it answers."""
        self.claim()  # another run of this name must not replace the certificate, the log or the record
        self.log.write_bytes(b"")
        self._certificates = certificates.make(self.folder / "tls", HOST)
        self.authority = self._certificates.authority
        self._keys: dict[str, str] = {}
        super().start()
        self._keys = self._make_administrator()
        return self

    def _command(self) -> list[str]:
        # -P: nothing in the folder we happen to be in is taken for a module.
        return [str(environments.MINISTACK.python), "-P", "-m", server.__name__]

    def _server_environment(self, scratch: Path) -> dict[str, str]:
        return {
            **super()._server_environment(scratch),
            "PYTHONPATH": str(paths.ROOT),
            "AUTH": "true",
            "USE_SSL": "1",
            "MINISTACK_SSL_CERT": str(self._certificates.chain),
            "MINISTACK_SSL_KEY": str(self._certificates.key),
            "AWS_CA_BUNDLE": str(self._certificates.authority),  # for the functions
            server.CALLS: str(self.calls),
        }

    def _make_administrator(self) -> dict[str, str]:
        sdk: Any = boto3
        iam = sdk.client(
            "iam",
            endpoint_url=self.endpoint,
            region_name=self.region,
            verify=str(self.authority),
            aws_access_key_id=aws_environment.ACCESS_KEY,
            aws_secret_access_key=aws_environment.SECRET_KEY,
        )
        iam.create_user(UserName=_ADMINISTRATOR)
        iam.attach_user_policy(UserName=_ADMINISTRATOR, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        key = iam.create_access_key(UserName=_ADMINISTRATOR)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
