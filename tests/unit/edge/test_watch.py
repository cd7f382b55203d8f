"""What the watch writes and reports, against a real receiver on a real port; and the thread that watches."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from signpost.edge.watch import ALARM_TYPE, RAMP_TYPE, Watch
from signpost.edge.watcher import Watcher
from signpost.edge.webhooks import NotToldError, post_json
from signpost.model.analysis_plans import AnalysisPlan, OnBreach, RampStep
from signpost.model.experiments import ExperimentStatus
from signpost.ports.events import EventsRejectedError
from signpost.testing.repeatable import SequentialIds
from tests.unit.usecases.house import HALVES, TENANT, House, running
from tests.unit.usecases.test_watch import HOUR, METRICS, harmed, now

SECONDS_MAX = 30


class Receiver:
    """Takes what is posted; answers with the status that it is told to."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/alarms"
        self._thread = threading.Thread(target=partial(self._server.serve_forever, poll_interval=0.02))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    opened = Receiver()
    yield opened
    opened.close()


def watch_of(house: House, receiver: Receiver | None) -> Watch:
    tell = None if receiver is None else partial(post_json, receiver.url)
    return Watch(house.store, house.clock, SequentialIds(), house.events, house.events, tell)


def pausing() -> House:
    return harmed(replace(HALVES, analysis_plan=AnalysisPlan(METRICS, on_breach=OnBreach.PAUSE)))


def logged(house: House, type_: str) -> list[dict[str, Any]]:
    bodies = [json.loads(entry.body) for entry in house.events.after(TENANT, None, 100_000)]
    return [body for body in bodies if body.get("type") == type_]


def test_an_alarm_is_written_into_the_log_and_reported(receiver: Receiver) -> None:
    house = pausing()

    list(watch_of(house, receiver).look(TENANT))

    (row,) = logged(house, ALARM_TYPE)
    assert row["details"]["alarm"]["subject"] == "still_in"
    assert row["details"]["alarm"]["action"] == "pause"
    (body,) = receiver.bodies
    assert body["text"] == (
        f"{HALVES.name}: still_in is harmed beyond its margin with Passkey. The experiment was paused."
    )
    assert body["experiment_id"] == HALVES.id


def test_an_alarm_that_was_told_is_told_no_more(receiver: Receiver) -> None:
    house = pausing()
    watch = watch_of(house, receiver)

    for _ in range(3):
        list(watch.look(TENANT))

    assert len(receiver.bodies) == len(logged(house, ALARM_TYPE)) == 1


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_alarm_that_was_not_taken_is_reported_again_and_is_in_the_log_once(receiver: Receiver, status: int) -> None:
    house = pausing()
    watch = watch_of(house, receiver)
    receiver.status, receiver.headers = status, {"Location": receiver.url}
    list(watch.look(TENANT))

    receiver.status = 200
    list(watch.look(TENANT))
    list(watch.look(TENANT))

    assert len(receiver.bodies) == 2
    assert len(logged(house, ALARM_TYPE)) == 1
    assert now(house).status is ExperimentStatus.PAUSED


def test_nobody_at_the_address_is_no_reason_to_let_harm_go_on() -> None:
    house = pausing()
    nobody = Watch(
        house.store,
        house.clock,
        SequentialIds(),
        house.events,
        house.events,
        partial(post_json, "http://127.0.0.1:9/alarms"),
    )

    list(nobody.look(TENANT))

    assert now(house).status is ExperimentStatus.PAUSED
    assert now(house).alarms[0].told_at is None


def test_a_log_that_takes_nothing_is_no_reason_to_let_harm_go_on(receiver: Receiver) -> None:
    house = pausing()
    full = replace(watch_of(house, receiver), events=Full())

    list(full.look(TENANT))
    list(watch_of(house, receiver).look(TENANT))

    assert now(house).status is ExperimentStatus.PAUSED
    assert len(receiver.bodies) == len(logged(house, ALARM_TYPE)) == 1


def test_a_ramp_that_went_on_is_in_the_log() -> None:
    ramp = AnalysisPlan(METRICS, ramp=RampStep(1, 0))
    house = House(running(None, None, levels=(10, 50), current_level=10, analysis_plan=ramp))
    house.clock.advance(2 * HOUR)

    (watched,) = watch_of(house, None).look(TENANT)

    (row,) = logged(house, RAMP_TYPE)
    assert watched.level == 50
    assert row["details"]["ramp"] == {"experiment_id": HALVES.id, "from_level": 10, "to_level": 50}


def test_a_thread_watches_until_it_is_stopped(receiver: Receiver, tmp_path: Path) -> None:
    house = pausing()
    told = threading.Event()

    def tell(body: dict[str, Any]) -> None:
        post_json(receiver.url, body)
        told.set()

    watcher = Watcher(replace(watch_of(house, None), tell=tell), tmp_path / "lock", seconds=0.01)
    watcher.start()
    assert told.wait(SECONDS_MAX)
    watcher.stop()

    assert now(house).status is ExperimentStatus.PAUSED
    assert len(receiver.bodies) == 1


def test_what_goes_wrong_once_does_not_end_the_watch(tmp_path: Path) -> None:
    house = pausing()
    calls: list[int] = []
    done = threading.Event()

    def tell(_: dict[str, Any]) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("unexpected")
        done.set()

    watcher = Watcher(replace(watch_of(house, None), tell=tell), tmp_path / "lock", seconds=0.01)
    watcher.start()

    assert done.wait(SECONDS_MAX)
    watcher.stop()


@pytest.mark.parametrize("url", ["http://", "http://127.0.0.1:99999/"])
def test_an_address_that_is_none_is_told_as_such(url: str) -> None:
    with pytest.raises(NotToldError):
        post_json(url, {})


class Full:
    """A log on a full disk."""

    def append(self, events: Any) -> Any:
        failed: Future[int] = Future()
        failed.set_exception(EventsRejectedError(f"{len(events)} not kept"))
        return failed

    def close(self) -> None:
        pass
