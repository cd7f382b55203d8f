"""Sending exposures: once, in batches, through outages."""

import logging
from dataclasses import replace
from typing import Any

import pytest

from signpost import Client
from signpost.client import client as module
from signpost.client.backoff import LONGEST_SECONDS, Backoff
from signpost.client.connections import EXPOSURES_PATH, RefusedError, UnavailableError
from signpost.client.outbox import Outbox
from signpost.model.holdouts import Holdout
from signpost.testing.repeatable import START
from tests.unit.client.conftest import IPHONE, Scripted, configuration, halves, targeted


def asked_by(_: str) -> tuple[str, ...]:
    return ("device_type",)


def fill(outbox: Outbox, count: int = 1, **changes: Any) -> Client:
    client = Client.from_configuration(
        configuration(changes.pop("experiment", halves())), outbox.exposures, outbox.events
    )
    for i in range(count):
        client.decide("authentication", f"device-{i}", changes.get("context", {}), session_id="session-1")
    return client


def test_an_exposure_says_what_the_server_would_have_recorded() -> None:
    connection = Scripted()
    outbox = Outbox(connection, Backoff(lambda: 0.0), asked_by)

    client = fill(outbox)
    outbox.send_all()

    (sent,) = connection.taken.values()
    _, hashed = client.plan.decide("authentication", "device-0", {})
    assert (sent["unit"], sent["flow"], sent["reason"], sent["revision"]) == ("device-0", "authentication", "split", 1)
    assert (sent["split"] << 32) + sent["exposure"] == hashed
    assert (sent["session_id"], "attributes" in sent) == ("session-1", False)


def test_an_exposure_by_segment_carries_what_its_segments_asked_for_and_nothing_else() -> None:
    connection = Scripted()
    outbox = Outbox(connection, Backoff(lambda: 0.0), asked_by)

    fill(outbox, experiment=targeted(), context={"user_agent": IPHONE, "country": None})
    outbox.send_all()

    (sent,) = connection.taken.values()
    assert sent["attributes"] == {"device_type": "mobile"}


def test_an_outage_of_an_hour_loses_and_doubles_nothing() -> None:
    connection = Scripted()
    connection.is_up = False
    outbox = Outbox(connection, Backoff(lambda: 1.0), asked_by)
    fill(outbox, 2_500)
    waited = 0.0

    while waited < 3_600:
        waited += outbox.send_all()
    held = outbox.queued
    connection.is_up = True
    outbox.send_all()

    assert held == 2_500
    assert (len(connection.taken), outbox.sent, outbox.queued) == (2_500, 2_500, 0)


def test_what_was_taken_in_though_the_reply_was_lost_counts_once() -> None:
    connection = Scripted()
    connection.is_lossy = True
    outbox = Outbox(connection, Backoff(lambda: 0.0), asked_by)
    fill(outbox, 10)

    outbox.send_all()
    outbox.send_all()
    connection.is_lossy = False
    outbox.send_all()

    assert (len(connection.taken), outbox.sent) == (10, 10)


def test_a_batch_that_is_refused_does_not_hold_up_the_others() -> None:
    class Picky(Scripted):
        def send(self, path: str, lines: bytes) -> int:
            if path == EXPOSURES_PATH:
                raise RefusedError("no")
            return super().send(path, lines)

    connection = Picky()
    outbox = Outbox(connection, Backoff(lambda: 0.0), asked_by)

    fill(outbox, 3).track("s", unit="device-0")
    outbox.send_all()

    assert (outbox.failed, outbox.sent, outbox.queued) == (3, 1, 0)


def test_what_cannot_be_written_is_counted_and_the_rest_is_sent() -> None:
    connection = Scripted()
    outbox = Outbox(connection, Backoff(lambda: 0.0), asked_by)
    client = fill(outbox, 0)

    client.track("s", details={"when": object()})
    client.track("s", details={"long": "x" * 70_000})
    client.track("s", unit="device-1")
    outbox.send_all()

    assert (outbox.failed, outbox.sent) == (2, 1)


def test_a_full_queue_drops_and_says_so_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(module, "QUEUE_MAX", 5)
    outbox = Outbox(Scripted(), Backoff(lambda: 0.0), asked_by)

    with caplog.at_level(logging.WARNING):
        client = fill(outbox, 12)

    assert (len(outbox.exposures), client.stats.dropped, len(caplog.records)) == (5, 7, 1)


def test_closing_sends_what_is_there() -> None:
    connection = Scripted()
    outbox = Outbox(connection, Backoff(lambda: 0.0), asked_by)
    outbox.start()
    fill(outbox, 3)

    outbox.close(10)

    assert len(connection.taken) == 3


def test_closing_does_not_wait_for_a_server_that_is_gone() -> None:
    connection = Scripted()
    connection.is_up = False
    outbox = Outbox(connection, Backoff(lambda: 0.0), asked_by)
    outbox.start()
    fill(outbox, 3)

    outbox.close(10)

    assert outbox.queued == 3


def test_waits_grow_to_a_bound_are_spread_and_respect_the_server() -> None:
    early, late = Backoff(lambda: 0.0), Backoff(lambda: 1.0)

    waits = [(early.after_failure(), late.after_failure()) for _ in range(40)]

    assert waits[0] == (0.25, 0.5)
    assert waits[-1] == (LONGEST_SECONDS / 2, LONGEST_SECONDS)
    assert early.after_failure(120) == 120
    early.reset()
    assert early.after_failure() == 0.25


def test_an_unavailable_server_says_when_to_come_back() -> None:
    class Busy(Scripted):
        def send(self, path: str, lines: bytes) -> int:
            raise UnavailableError("busy", 77.0)

    outbox = Outbox(Busy(), Backoff(lambda: 0.0), asked_by)
    fill(outbox)

    assert outbox.send_all() == 77.0


def test_whatever_goes_wrong_exposures_wait_and_the_thread_goes_on() -> None:
    class Odd(Scripted):
        def send(self, path: str, lines: bytes) -> int:
            if not self.is_up:
                raise ZeroDivisionError
            return super().send(path, lines)

    connection = Odd()
    connection.is_up = False
    outbox = Outbox(connection, Backoff(lambda: 0.0), asked_by)
    fill(outbox)

    outbox.send_all()
    connection.is_up = True
    outbox.send_all()

    assert (outbox.sent, outbox.queued) == (1, 0)


def test_a_held_out_unit_is_sent_with_the_experiment_that_it_was_held_out_of() -> None:
    connection = Scripted()
    outbox = Outbox(connection, Backoff(lambda: 0.0), asked_by)
    held = replace(configuration(halves()), holdout=Holdout(1_000_000, "H" * 22, START))
    client = Client.from_configuration(held, outbox.exposures, outbox.events)

    decision = client.decide("authentication", "device-1")
    outbox.send_all()

    (sent,) = connection.taken.values()
    assert (sent["experiment_id"], sent["variation_id"], sent["reason"]) == ("holdout", "holdout", "holdout")
    assert sent["declined_by"] == halves().id
    assert (sent["split"], sent["exposure"]) == (decision.split, decision.exposure)
