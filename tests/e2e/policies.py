"""Policy documents of the deployed pipeline: read, put, and have in force for a while."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.domain.evidence import whole_decision
from tests.e2e.conftest import Flagship
from tests.e2e.deployed import wait_for

Purchase = Callable[..., dict[str, Any]]
Document = dict[str, Any]

_probes = itertools.count()


def document_of(flagship: Flagship) -> Document:
    """Return the policy document that is in the parameter."""
    answer = flagship.client("ssm").get_parameter(Name=flagship.outputs["policy_parameter_name"], WithDecryption=True)
    document: Document = json.loads(answer["Parameter"]["Value"])
    return document


def put_document(flagship: Flagship, document: Document) -> None:
    """Put a policy document as operators do, without a deployment."""
    flagship.client("ssm").put_parameter(
        Name=flagship.outputs["policy_parameter_name"],
        Value=json.dumps(document),
        Type="SecureString",
        Tier="Intelligent-Tiering",
        KeyId=flagship.outputs["kms_key_arn"],  # without it the parameter would fall back to a key of AWS
        Overwrite=True,
    )


def decided(flagship: Flagship, document: dict[str, Any]) -> dict[str, Any]:
    """Submit a transaction and return the decision that its row keeps."""
    assert flagship.submit(document).status_code == 202
    return whole_decision(flagship.settled(document["transaction_id"]))


def probe(flagship: Flagship, purchase: Purchase) -> dict[str, Any]:
    """Have a harmless purchase decided, which makes `process` look for a newer document, and return the decision."""
    return decided(flagship, purchase(f"probe-{next(_probes)}"))


def wait_until_in_force(flagship: Flagship, purchase: Purchase, version: str) -> None:
    """Submit probes until a decision names the version of the document."""
    wait_for(
        lambda: probe(flagship, purchase)["document_version"] == version,
        f"the policy document {version} to be in force",
        seconds=20.0,
    )


@contextmanager
def policy(flagship: Flagship, purchase: Purchase, version: str, **changes: Any) -> Iterator[Document]:
    """Have another policy document in force for a while."""
    before = document_of(flagship)
    document = {**copy.deepcopy(before), "version": version, **changes}
    put_document(flagship, document)
    try:
        wait_until_in_force(flagship, purchase, version)
        yield document
    finally:
        put_document(flagship, before)
        wait_until_in_force(flagship, purchase, before["version"])


def suspicious(flagship: Flagship, purchase: Purchase, name: str = "1", **changes: Any) -> dict[str, Any]:
    """Make a purchase that the points rules suspect."""
    merchant = flagship.put_merchant("fake-shop", name="Fake Shop")
    return purchase(name, **{"merchant_id": merchant, "amount": 7000, "currency": "CHF", **changes})
