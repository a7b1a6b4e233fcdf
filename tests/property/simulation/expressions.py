"""DynamoDB's condition, key and update expressions, as far as the functions use them; anything else is an error.

An expression is compiled once into functions over items in wire format, which are never changed in place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Callable, Optional

Item = Mapping[str, Any]
Value = Mapping[str, Any]


class InvalidExpressionError(Exception):
    """The expression, or what it is evaluated with, is none that DynamoDB takes, or none that the model knows."""


@dataclass(frozen=True)
class Context:
    """What an expression is evaluated with: the item, and what its placeholders stand for."""

    item: Item
    names: Mapping[str, str]
    values: Mapping[str, Value]


Test = Callable[[Context], bool]
Operand = Callable[[Context], Optional[Value]]
Path = Callable[[Mapping[str, str]], list[str]]

_TOKENS = re.compile(r"\s*(?:([#:][A-Za-z0-9_]+|[A-Za-z_][A-Za-z0-9_]*)|(<>|<=|>=|[-=<>(),.+]))")
_KEYWORDS = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"})


@dataclass(frozen=True)
class Compiled:
    """An expression without its values.

    Parameters
    ----------
    placeholders
        The names and values that it uses.
    test
        What a condition asks; None for an update.
    update
        What an update makes of an item; None for a condition.
    """

    placeholders: frozenset[str]
    test: Optional[Test] = None
    update: Optional[Callable[[Context], dict[str, Any]]] = None


@cache
def condition(text: str) -> Compiled:
    """Return the compiled condition."""
    parser = _Parser(text)
    test = parser.any_of()
    parser.end()
    return Compiled(parser.placeholders, test=test)


@cache
def update(text: str) -> Compiled:
    """Return the compiled update."""
    parser = _Parser(text)
    actions = parser.actions()
    parser.end()

    def apply(context: Context) -> dict[str, Any]:
        changed = dict(context.item)
        for action in actions:  # each reads the item as it was before the first
            action(context, changed)
        return changed

    return Compiled(parser.placeholders, update=apply)


def check_placeholders(expressions: list[Compiled], names: Mapping[str, str], values: Mapping[str, Value]) -> None:
    """Refuse what DynamoDB refuses: a placeholder that nothing stands for, and one that nothing uses."""
    used = frozenset().union(*(one.placeholders for one in expressions))
    given = {*names, *values}
    if used != given:
        raise InvalidExpressionError(f"placeholders used and given differ: {sorted(used ^ given)}")


class _Parser:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._place = 0
        self._placeholders: set[str] = set()

    @property
    def placeholders(self) -> frozenset[str]:
        return frozenset(self._placeholders)

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise self._unknown()

    def any_of(self) -> Test:
        tests = [self._all_of()]
        while self._take("OR"):
            tests.append(self._all_of())
        return tests[0] if len(tests) == 1 else lambda context: any(test(context) for test in tests)

    def _all_of(self) -> Test:
        tests = [self._one()]
        while self._take("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda context: all(test(context) for test in tests)

    def _one(self) -> Test:
        if self._take("("):
            inside = self.any_of()
            self._expect(")")
            return inside
        if self._next() in ("attribute_exists", "attribute_not_exists"):
            wanted = self._pop() == "attribute_exists"
            self._expect("(")
            path = self._path()
            self._expect(")")
            return lambda context: (_find(context.item, path(context.names)) is not None) is wanted
        return self._comparison()

    def _comparison(self) -> Test:
        left = self._operand()
        if self._take("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            high = self._operand()
            return lambda context: (
                _compare(">=", left(context), low(context)) and _compare("<=", left(context), high(context))
            )
        sign = self._pop()
        if sign not in _SIGNS:
            raise self._unknown()
        right = self._operand()
        return lambda context: _compare(sign, left(context), right(context))

    def _operand(self) -> Operand:
        token = self._next()
        if token.startswith(":"):
            self._pop()
            self._placeholders.add(token)
            return lambda context: context.values[token]
        if token in ("if_not_exists", "list_append"):
            return self._function(self._pop())
        path = self._path()
        return lambda context: _find(context.item, path(context.names))

    def _function(self, name: str) -> Operand:
        self._expect("(")
        first = self._operand()
        self._expect(",")
        second = self._operand()
        self._expect(")")
        if name == "if_not_exists":
            return lambda context: first(context) or second(context)

        def append(context: Context) -> Value:
            start, end = first(context), second(context)
            if start is None or end is None or "L" not in start or "L" not in end:
                raise InvalidExpressionError("list_append takes two lists")
            return {"L": [*start["L"], *end["L"]]}

        return append

    def _path(self) -> Path:
        parts = [self._name()]
        while self._take("."):
            parts.append(self._name())
        return lambda names: [names[part] if part.startswith("#") else part for part in parts]

    def _name(self) -> str:
        token = self._pop()
        if token in _KEYWORDS or not re.match("[#A-Za-z_]", token):
            raise self._unknown()
        if token.startswith("#"):
            self._placeholders.add(token)
        return token

    def actions(self) -> list[Callable[[Context, dict[str, Any]], None]]:
        readers = {"SET": self._set, "REMOVE": self._remove, "ADD": self._add}
        found: list[Callable[[Context, dict[str, Any]], None]] = []
        while self._place < len(self._tokens):
            read = readers.pop(self._pop(), None)
            if read is None:  # not known, or there for the second time
                raise self._unknown()
            found.append(read())
            while self._take(","):
                found.append(read())
        return found

    def _set(self) -> Callable[[Context, dict[str, Any]], None]:
        path = self._path()
        self._expect("=")
        value = self._operand()
        if self._take("+"):
            value = _sum(value, self._operand())

        def assign(context: Context, changed: dict[str, Any]) -> None:
            result = value(context)
            if result is None:
                raise InvalidExpressionError("an operand of the update refers to an attribute that is not there")
            changed[_top(path(context.names))] = result

        return assign

    def _remove(self) -> Callable[[Context, dict[str, Any]], None]:
        path = self._path()
        return lambda context, changed: (changed.pop(_top(path(context.names)), None), None)[1]

    def _add(self) -> Callable[[Context, dict[str, Any]], None]:
        path, amount = self._path(), self._operand()

        def add(context: Context, changed: dict[str, Any]) -> None:
            name = _top(path(context.names))
            changed[name] = _added(context.item.get(name, {"N": "0"}), amount(context))

        return add

    def _next(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _pop(self) -> str:
        token = self._next()
        self._place += 1
        return token

    def _take(self, token: str) -> bool:
        if self._next() == token:
            self._place += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._unknown()

    def _unknown(self) -> InvalidExpressionError:
        return InvalidExpressionError(f"not understood near token {self._place} of: {self._text}")


def _tokens(text: str) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(text.rstrip()):
        match = _TOKENS.match(text, place)
        if match is None:
            raise InvalidExpressionError(f"not understood at character {place} of: {text}")
        found.append(match[1] or match[2])
        place = match.end()
    return found


def _find(item: Item, path: list[str]) -> Optional[Value]:
    value: Optional[Value] = item.get(path[0])
    for name in path[1:]:
        if value is None or "M" not in value:
            return None
        value = value["M"].get(name)
    return value


def _top(path: list[str]) -> str:
    if len(path) > 1:
        raise InvalidExpressionError("no function changes a part of an attribute so far: teach the model how")
    return path[0]


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _compare(sign: str, left: Optional[Value], right: Optional[Value]) -> bool:
    """Compare as DynamoDB does: what is missing, or of another type, is never equal, less or greater."""
    if left is None or right is None:
        return sign == "<>" and left is not right
    (left_type, left_value), (right_type, right_value) = next(iter(left.items())), next(iter(right.items()))
    if left_type != right_type:
        return sign == "<>"
    if left_type == "N":
        return _SIGNS[sign](Decimal(left_value), Decimal(right_value))
    return _SIGNS[sign](left_value, right_value)


def _sum(left: Operand, right: Operand) -> Operand:
    return lambda context: _added(left(context), right(context))


def _added(left: Optional[Value], right: Optional[Value]) -> Value:
    if left is None or right is None or "N" not in left or "N" not in right:
        raise InvalidExpressionError("only numbers can be added")
    return {"N": format(Decimal(left["N"]) + Decimal(right["N"]), "f")}
