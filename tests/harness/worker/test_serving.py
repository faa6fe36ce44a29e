"""The main loop of a worker process, and its copies."""

import io
import os
import sys

import pytest
from msgspec import structs

from dlbench.errors import Unavailable
from dlbench.harness import fork_server, transport, wire
from dlbench.harness.worker import worker
from dlbench.harness.worker.serving import serve
from fakes.orders import (
    CHECK,
    PREPARE,
    RELEASE,
    START,
    TURN,
    WARM_UP,
)


def test_orders_are_served_until_the_wire_is_closed(backend):
    orders, replies = io.BytesIO(), io.BytesIO()
    for order in (START, PREPARE, CHECK, WARM_UP, TURN, RELEASE):
        transport.send(orders, order)
    orders.seek(0)
    serve(orders, replies)
    replies.seek(0)
    received = [type(reply) for reply in iter(lambda: transport.receive_reply(replies), None)]
    assert received == [wire.Ready, wire.Prepared, wire.Verified, wire.Warm, wire.Timed, wire.Ready]


def answers(*orders):
    """What a worker says that is told these orders, until its wire is closed."""
    told, replies = io.BytesIO(), io.BytesIO()
    for order in orders:
        transport.send(told, order)
    told.seek(0)
    serve(told, replies)
    replies.seek(0)
    return list(iter(lambda: transport.receive_reply(replies), None))


@pytest.mark.parametrize("renewable", [False, True])
def test_who_can_be_renewed_is_a_copy_from_the_start(backend, monitor, monkeypatch, renewable):
    copies = []
    monkeypatch.setattr(fork_server, "serve", lambda: copies.append("a copy") is None)
    (ready,) = answers(structs.replace(START, renewable=renewable))
    assert (len(copies), ready.process) == ((1, os.getpid()) if renewable else (0, None))
    assert ready.facts == {"fake": "1.0", "busy_clock": "told"}


def test_where_no_copy_can_be_made_the_worker_goes_on_as_it_is(backend, monitor, monkeypatch):
    monkeypatch.setattr(fork_server, "serve", lambda: False)
    ready, prepared = answers(structs.replace(START, renewable=True), PREPARE)
    assert (type(ready), ready.process) == (wire.Ready, None)
    assert prepared.calls_s


def test_a_copy_counts_for_itself(backend, monitor, monkeypatch):
    """What the counters of the process that was copied have seen is not the copy's."""
    monitors = []
    monkeypatch.setattr(worker, "Monitor", lambda: monitors.append("one") or monitor)
    monkeypatch.setattr(fork_server, "serve", lambda: monitors.append("copied") is None)
    answers(structs.replace(START, renewable=True))
    assert monitors == ["one", "copied", "one"]


def test_a_copy_that_has_not_the_threads_it_should_have_is_refused(backend, monitor, monkeypatch):
    def copied():
        backend.uses_threads = 7
        return True

    monkeypatch.setattr(fork_server, "serve", copied)
    (failed,) = answers(structs.replace(START, renewable=True))
    assert failed == wire.Failed("failed", "fake uses 7 threads instead of 2.")


def test_who_did_not_start_is_not_copied(backend, monitor, monkeypatch):
    backend.fails_to_start = Unavailable("there is no such device")
    monkeypatch.setattr(fork_server, "serve", lambda: pytest.fail("copied"))
    (failed,) = answers(structs.replace(START, renewable=True))
    assert failed.status == "skipped"


def test_a_copy_that_is_to_be_renewed_gives_way(backend, monitor, monkeypatch):
    monkeypatch.setattr(fork_server, "serve", lambda: True)
    monkeypatch.setattr(fork_server, "give_way", lambda: sys.exit("gave way"))
    with pytest.raises(SystemExit, match="gave way"):
        answers(structs.replace(START, renewable=True), wire.Renew())
