"""Requests that are signed with Signature Version 4, as an API with IAM authorization asks for them."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch

import requests
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.e2e.access import Route
from tests.e2e.deployed import Deployed


@dataclass(frozen=True)
class Signer:
    """Somebody who signs.

    Parameters
    ----------
    region
        Where the API is.
    key, secret
        Their access key.
    iam
        A client that makes others.
    """

    region: str
    key: str
    secret: str = field(repr=False)
    iam: Any = field(repr=False)

    @classmethod
    def of(cls, deployed: Deployed) -> Signer:
        """Return the user in whose name the tests act, who may call everything."""
        environment = deployed.environment
        key, secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
        return cls(environment["AWS_REGION"], key, secret, deployed.client("iam"))

    def without_permissions(self) -> Signer:
        """Make a user of the account who may call nothing, and return it."""
        name = f"stranger-{uuid.uuid4().hex[:8]}"
        self.iam.create_user(UserName=name)
        made = self.iam.create_access_key(UserName=name)["AccessKey"]
        return Signer(self.region, made["AccessKeyId"], made["SecretAccessKey"], self.iam)

    def call(
        self, deployed: Deployed, route: Route, *, api_key: str | None = None, age: timedelta = timedelta()
    ) -> requests.Response:
        """Call an operation; `age` is how long ago it was signed, `api_key` replaces that of the API."""
        body = "" if route.body is None else json.dumps(route.body)
        request = AWSRequest(
            method=route.verb, url=deployed.api + route.path, data=body, headers={"content-type": "application/json"}
        )
        signed_at = datetime.now(timezone.utc) - age
        with patch.object(auth, "get_current_datetime", lambda: signed_at.replace(tzinfo=None)):
            auth.SigV4Auth(Credentials(self.key, self.secret), "execute-api", self.region).add_auth(request)
        headers = dict(request.headers.items())
        return deployed.call(route.verb, route.path, key=api_key, headers=headers, data=body)
