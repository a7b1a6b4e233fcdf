from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.demo import bodies
from scripts.demo.client import GIVE_UP_AFTER, Pace, Poster, Retry, Sender, Sent, http_poster
from scripts.demo.model import DemoError, Transaction
from tests.unit.demo.builders import transaction

AT_ONCE = Retry(attempts=8, base_seconds=0.0)


def body(given: Transaction) -> bytes:
    return bodies.flagship(given, None)


class Api:
    """An API in this process: it remembers what it was asked and answers what it is told to."""

    def __init__(self, answer: Callable[[str, int], int | None] = lambda _id, _attempt: 202) -> None:
        self.bodies: list[bytes] = []
        self.under_way: dict[str, int] = defaultdict(int)
        self.overtaken: list[str] = []
        self._answer = answer
        self._attempts: dict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def poster(self) -> Poster:
        return self.post

    def post(self, body: bytes) -> int | None:
        document = json.loads(body)
        account, id_ = document["account_id"], document["transaction_id"]
        with self._lock:
            self.bodies.append(body)
            self._attempts[id_] += 1
            self.under_way[account] += 1
            if self.under_way[account] > 1:
                self.overtaken.append(id_)
            attempt = self._attempts[id_]
        status = self._answer(id_, attempt)
        with self._lock:
            self.under_way[account] -= 1
        return status

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["transaction_id"] for body in self.bodies]


def send(api: Api, given_transactions: Sequence[Transaction], workers: int = 4, retry: Retry = AT_ONCE) -> list[Sent]:
    sender = Sender(api.poster, body, workers, retry=retry)
    sender.start(given_transactions)
    assert sender.done.wait(30)
    sender.stop()
    return sender.result()


def mixed(count: int, accounts: int) -> list[Transaction]:
    return [transaction(f"t{n}", account_id=f"a{n * 7 % accounts}") for n in range(count)]


@pytest.mark.parametrize("workers", [1, 2, 16])
def test_an_accounts_next_transaction_waits_for_the_answer_to_its_previous_one(workers: int) -> None:
    given_transactions = mixed(400, accounts=9)
    api = Api(lambda id_, attempt: 503 if attempt == 1 and int(id_[1:]) % 5 == 0 else 202)

    sent = send(api, given_transactions, workers)

    assert api.overtaken == []
    per_account = defaultdict(list)
    for one in sent:
        per_account[one.transaction.account_id].append(one.transaction)
    for account, chain in per_account.items():
        assert chain == [one for one in given_transactions if one.account_id == account]
    assert len(sent) == len(given_transactions)


def test_one_account_alone_does_not_block_the_reader_for_ever() -> None:
    assert len(send(Api(), mixed(300, accounts=1))) == 300


@pytest.mark.parametrize("trouble", [429, 500, 502, 503, 504, None])
def test_what_may_pass_is_sent_again_with_the_same_bytes(trouble: int | None) -> None:
    api = Api(lambda _, attempt: trouble if attempt < 4 else 202)

    (sent,) = send(api, [transaction()])

    assert (sent.status, sent.attempts) == (202, 4)
    assert len(api.bodies) == 4
    assert len(set(api.bodies)) == 1


@pytest.mark.parametrize("refusal", [400, 409, 413, 422])
def test_a_refusal_is_final(refusal: int) -> None:
    api = Api(lambda _id, _attempt: refusal)

    (sent,) = send(api, [transaction()])

    assert (sent.status, sent.attempts) == (refusal, 1)


def test_a_transaction_that_never_gets_an_answer_is_recorded_and_the_others_go_on() -> None:
    api = Api(lambda id_, _: None if id_ == "t1" else 202)

    sent = send(api, mixed(3, accounts=3), retry=Retry(attempts=3, base_seconds=0.0))

    assert {one.transaction.transaction_id: (one.status, one.attempts) for one in sent} == {
        "t0": (202, 1), "t1": (None, 3), "t2": (202, 1),
    }  # fmt: skip


def test_an_api_that_is_down_ends_the_run() -> None:
    with pytest.raises(DemoError, match=f"{GIVE_UP_AFTER} transactions in a row failed.*the last with HTTP 503"):
        send(Api(lambda _id, _attempt: 503), mixed(500, accounts=20), retry=Retry(attempts=2, base_seconds=0.0))


def test_a_refused_key_ends_the_run_at_once() -> None:
    api = Api(lambda _id, _attempt: 403)

    with pytest.raises(DemoError, match="the API refused the key"):
        send(api, mixed(500, accounts=20), workers=2)
    assert len(api.bodies) <= 4


def test_an_input_that_breaks_off_ends_the_run_with_its_error() -> None:
    def broken() -> Iterator[Transaction]:
        yield transaction()
        raise DemoError("the file is damaged")

    sender = Sender(Api().poster, body, 2)
    sender.start(broken())

    assert sender.done.wait(30)
    with pytest.raises(DemoError, match="the file is damaged"):
        sender.result()


def test_a_paused_sender_begins_nothing_until_it_may_go_on() -> None:
    api = Api()
    sender = Sender(api.poster, body, 2)
    sender.pause(True)
    sender.start(mixed(50, accounts=5))

    assert not sender.done.wait(0.05)
    assert api.bodies == []
    sender.pause(False)
    assert sender.done.wait(30)
    assert sender.accepted == {f"t{number}" for number in range(50)}


def test_a_stopped_sender_leaves_no_thread_behind() -> None:
    release = threading.Event()
    before = threading.active_count()
    sender = Sender(Api(lambda _id, _attempt: 202 if release.wait(10) else None).poster, body, 4)
    sender.start(mixed(10_000, accounts=500))

    release.set()
    sender.stop()

    assert threading.active_count() == before
    assert len(sender.sent) < 10_000


@given(st.floats(0.5, 5000), st.lists(st.floats(0, 0.3), min_size=2, max_size=40))
def test_a_schedule_never_exceeds_its_rate_by_more_than_it_may_catch_up(rate: float, pauses: list[float]) -> None:
    now = [0.0]
    pace = Pace(rate, clock=lambda: now[0])
    begun = []
    for pause in pauses:
        now[0] += pace.wait_seconds()
        begun.append(now[0])
        now[0] += pause

    for count, moment in enumerate(begun, start=1):
        assert count <= rate * (moment - begun[0] + 1.0) + 1 + 1e-6


def test_without_a_rate_nothing_waits() -> None:
    assert Pace(None).wait_seconds() == 0.0


@contextmanager
def listening(status: int, seen: list[dict[str, str | None]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["content-length"]))
            seen.append({"path": self.path, "key": self.headers["x-api-key"], "body": sent.decode()})
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/live/v1/transactions"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_transaction_travels_over_http_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # must not be asked for an address on this machine
    seen: list[dict[str, str | None]] = []
    sent = body(transaction(amount=Decimal("0.10")))
    with listening(202, seen) as url:
        assert http_poster(url, "secret")(sent) == 202

    assert seen == [{"path": "/live/v1/transactions", "key": "secret", "body": sent.decode()}]


def test_an_api_without_a_key_is_sent_none() -> None:
    seen: list[dict[str, str | None]] = []
    with listening(202, seen) as url:
        http_poster(url, "")(b"{}")

    assert seen[0]["key"] is None


def test_nobody_listening_is_no_answer() -> None:
    with listening(202, []) as url:
        pass

    assert http_poster(url, "secret")(b"{}") is None
