"""Plants texts that must not come into logs or events wherever a client can write what it likes (see logs.py)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import requests

from tests.e2e.deployed import Deployed
from tests.e2e.logs import CARD_NUMBER, PLANTED
from tests.hostile.corpus import Request

TEXTS = (
    f"{PLANTED} Tailors",
    f"{PLANTED}\r\n{json.dumps({'level': 'INFO', 'message': 'approved'})}",
    f"{PLANTED} \x1b[31mred\x1b[0m",
    f"{PLANTED} a\u2028b\x85c",
)
"""Names, and what would break a line of a log or steer a terminal."""
HEADERS = {
    "user-agent": f"{PLANTED}/1.0",
    "referer": f"https://example.com/{PLANTED}",
    "cookie": f"session={PLANTED}",
    "x-forwarded-for": PLANTED,
    "x-correlation-id": PLANTED,
    "x-request-id": PLANTED,
}


def plant(deployed: Deployed, request: Request, good: dict[str, Any]) -> list[requests.Response]:
    """Send a request with a planted text in each field, in a field that there is not, and in what is around the body.

    Parameters
    ----------
    deployed
        Whose API is called.
    request
        Which one.
    good
        A body that would be taken.

    Returns
    -------
    list
        The answers. A field for free text takes the text; all other bodies are bad.
    """
    bad = [{**good, field: text} for field, _ in request.fields() if "." not in field for text in TEXTS]
    bad += [{**good, text: text} for text in TEXTS]
    bad += [{**good, "card_number": CARD_NUMBER}, {**good, CARD_NUMBER: 1}, {**good, "merchant_id": f" {CARD_NUMBER}"}]
    return [
        *(deployed.call("POST", request.path, json=document, headers=HEADERS) for document in bad),
        *(deployed.call("POST", request.path, data=text.encode(), headers=HEADERS) for text in TEXTS),
        deployed.call("POST", request.path, json=bad[-1], params={PLANTED: PLANTED}, headers=HEADERS),
        deployed.call("POST", f"{request.path}/{PLANTED}", json=bad[-1], headers=HEADERS),
    ]


def plant_in_paths(deployed: Deployed, document: dict[str, Any]) -> list[requests.Response]:
    """Read every operation of an API's document with planted texts for the parts of its path and its parameters."""
    names = ("cursor", "limit", "start_date", "type", "category", "customer_id")
    return [
        deployed.call("GET", _filled(path, text), params=query, headers=HEADERS)
        for path, item in document["paths"].items()
        for text in TEXTS
        for query in ({}, dict.fromkeys(names, text))
        if "get" in item
    ]


def _filled(path: str, text: str) -> str:
    quoted = quote(text, safe="")
    return "/".join(quoted if part.startswith("{") else part for part in path.split("/"))
