"""Reads the corpus of hostile requests: what is put in the place of a field, and whole bodies; see the files beside it.

Runs on Python 3.9, like the functions that it attacks.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import yaml

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent.parent


@dataclass(frozen=True)
class Value:
    """Something that is no good value of any field, but may be one of a field for free text.

    Parameters
    ----------
    name
        What it is, in words.
    entry
        As values.yaml has it.
    """

    name: str
    entry: dict[str, Any]

    def json(self, good: Any) -> str:
        """Return it as JSON; `good` is the good value that it is put in the place of."""
        if "json" in self.entry:
            return str(self.entry["json"])
        if "nest" in self.entry:
            return _nested(self.entry["nest"])
        return json.dumps(self.text(good))

    def is_text_for(self, schema: dict[str, Any]) -> bool:
        """Say whether it is a good value of a field for free text."""
        is_free = schema["type"] == "string" and not {"pattern", "enum", "format"} & schema.keys()
        if not is_free or not {"text", "around"} & self.entry.keys():
            return False
        return bool(schema["minLength"] <= len(self.text(schema["example"])) <= schema["maxLength"])

    def text(self, good: Any = "txn-1") -> str:
        """Return it as text; `good` is the good value that some are put around."""
        if "around" in self.entry:
            before, after = self.entry["around"]
            return f"{before}{good}{after}"
        return str(self.entry["text"] * self.entry.get("times", 1))


@dataclass(frozen=True)
class Body:
    """A body that is no good one as a whole.

    Parameters
    ----------
    name
        What it is, in words.
    entry
        As bodies.yaml has it.
    """

    name: str
    entry: dict[str, Any]

    @property
    def is_object(self) -> bool:
        """Whether it is a JSON object, so that only what it holds is wrong."""
        return bool(self.entry.get("is_object"))

    @property
    def is_json(self) -> bool:
        """Whether it calls itself JSON, and is not packed."""
        return not {"type", "encoding"} & self.entry.keys()

    @property
    def headers(self) -> dict[str, str]:
        """The headers that it is sent with."""
        headers = {"content-type": self.entry.get("type", "application/json")}
        encoding: Optional[str] = self.entry.get("encoding")
        return {**headers, "content-encoding": encoding} if encoding else headers

    def content(self, good: dict[str, Any]) -> bytes:
        """Return its bytes; `good` is a good body."""
        if "hex" in self.entry:
            return bytes.fromhex(self.entry["hex"])
        if "keys" in self.entry:
            return json.dumps({f"k{number}": 1 for number in range(self.entry["keys"])}).encode()
        text = _nested(self.entry["nest"]) if "nest" in self.entry else self.entry["text"]
        content = text.replace("{good}", json.dumps(good)).encode()
        # Without a time of its own, so that the same is sent each time.
        return gzip.compress(content, mtime=0) if self.entry.get("gzip") else content


def _nested(nest: dict[str, Any]) -> str:
    inner = str(nest.get("inner", "")) * nest.get("inner_times", 1)
    return f"{nest['open'] * nest['times']}{inner}{nest['close'] * nest['times']}"


def _read(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return entries


VALUES = [Value(entry["name"], entry) for entry in _read("values.yaml")]
BODIES = [Body(entry["name"], entry) for entry in _read("bodies.yaml")]


@dataclass(frozen=True)
class Request:
    """A request with a body, as an API document describes it.

    Parameters
    ----------
    system, operation, path
        Whose it is, its operationId, and where it is posted.
    schema
        Of its body.
    good
        A body that has every field, made of the document's examples.
    """

    system: str
    operation: str
    path: str
    schema: dict[str, Any]
    good: dict[str, Any]

    def fields(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield each field with its schema, those within others by their path: "location.latitude"."""
        yield from _fields(self.schema, "")

    def with_value(self, field: str, value: Value) -> str:
        """Return a good body but for one field."""
        *outer, name = field.split(".")
        document = json.loads(json.dumps(self.good))
        place = document
        for part in outer:
            place = place[part]
        hostile = value.json(place[name])
        place[name] = "@"
        return json.dumps(document).replace('"@"', hostile)


def _fields(schema: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, part in schema["properties"].items():
        yield f"{prefix}{name}", part
        if part["type"] == "object":
            yield from _fields(part, f"{prefix}{name}.")


DOCUMENTS = {
    "flagship": ROOT / "api" / "openapi.yaml",
    **{name: ROOT / "examples" / name / "openapi.yaml" for name in ("merchant_api", "stream_alerts", "securebank")},
}


def requests_of(system: str) -> list[Request]:
    """Return every request with a body of a system's API document."""
    document = yaml.safe_load(DOCUMENTS[system].read_text(encoding="utf-8"))
    found = []
    for path, item in document["paths"].items():
        for operation in (one for one in item.values() if isinstance(one, dict) and "requestBody" in one):
            content = operation["requestBody"]["content"]["application/json"]
            schema = document["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
            good = {name: value for example in content["examples"].values() for name, value in example["value"].items()}
            if good.keys() != schema["properties"].keys():
                raise ValueError(f"the examples of {operation['operationId']} of {system} must show every field")
            found.append(Request(system, operation["operationId"], path, schema, good))
    return found


REQUESTS = [request for system in DOCUMENTS for request in requests_of(system)]


@dataclass(frozen=True)
class Trick:
    """A request that tries to trick HTTP itself, or the way to an operation.

    Parameters
    ----------
    name
        What it is, in words.
    entry
        As requests.yaml has it.
    """

    name: str
    entry: dict[str, Any]

    @property
    def lines(self) -> list[str]:
        """The request line and the headers, with `{api}`, `{host}` and `{key}` to be filled in."""
        key = ["x-api-key: {key}"] if self.entry.get("key", True) else []
        padding = [f"x-long: {'a' * self.entry['long_header']}"] if "long_header" in self.entry else []
        headers = [header.replace("{", "{{").replace("}", "}}") for header in self.entry.get("headers", [])]
        line = str(self.entry["line"]).replace("AAAA", "a" * self.entry.get("long_path", 4))
        return [line, "host: {host}", *key, *headers, *padding]

    @property
    def body(self) -> bytes:
        """What follows the headers."""
        return str(self.entry.get("body", "")).encode()

    @property
    def statuses(self) -> list[int]:
        """The statuses that the answer may have."""
        return list(self.entry["statuses"])

    @property
    def is_answered_in_front(self) -> bool:
        """Whether the HTTP server in front of the gateway answers, which on AWS is another one."""
        return bool(self.entry.get("front"))


TRICKS = [Trick(entry["name"], entry) for entry in _read("requests.yaml")]
