"""Log streams are delivered: to a real receiver on a real port, and to files."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from signpost.authlogs.envelopes import unwrap
from signpost.authlogs.splitting import Splitter
from signpost.edge.locks import hold
from signpost.edge.log_streams import courier as courier_module
from signpost.edge.log_streams import delivery as delivery_module
from signpost.edge.log_streams.courier import SUSPEND_AFTER, Courier
from signpost.edge.log_streams.delivery import Delivery
from signpost.edge.log_streams.sinks import Sinks
from signpost.edge.outbound import NotTakenError, Outbound
from signpost.events.memory import MemoryEvents
from signpost.events.progress import MemoryProgress, ProgressFiles
from signpost.model.log_streams import ContentFormat, FileSink, HttpSink, LogStream, StreamStatus, is_wanted
from signpost.ports.events import Event
from signpost.ports.log_streams import Progress
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_log_stream, a_tenant
from signpost.testing.repeatable import START, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.catalog import load_tenant_state
from signpost.usecases.log_streams import suspend_log_stream
from tests.receiver import Receiver, receiving

TENANT = a_tenant(1)
OTHER = a_tenant(2)
LOOPBACK = frozenset({"127.0.0.1"})


@dataclass
class House:
    """Events, and what delivers them."""

    folder: Path
    clock: SteppingClock
    events: MemoryEvents
    progress: MemoryProgress
    store: MemoryStore
    delivery: Delivery

    def record(self, *types: str, tenant_id: str = TENANT.id) -> None:
        bodies = [json.dumps({"type": type, "date": "2026-01-01T00:00:00.000Z"}).encode() for type in types]
        self.events.append([Event(tenant_id, type, 1, body) for type, body in zip(types, bodies, strict=True)])

    def drain(self, stream: LogStream) -> None:
        while self.delivery.advance(TENANT.id, stream):
            pass

    def add(self, stream: LogStream) -> None:
        with self.store.writing(TENANT.id, "tests") as tenant:
            tenant.log_streams.add(stream)

    def stream(self, id: str) -> LogStream:
        with self.store.reading(TENANT.id) as tenant:
            found = tenant.log_streams.get(id)
        assert found is not None
        return found

    def courier(self) -> Courier:
        def suspend(tenant_id: str, stream: LogStream, because: str) -> None:
            call = Call(self.store, self.clock, None, tenant_id, "log-streams")  # type: ignore[arg-type]
            suspend_log_stream(call, stream.id, because)

        def states() -> Any:
            return [load_tenant_state(self.store, tenant.id) for tenant in self.store.tenants()]

        return Courier(self.delivery, states, suspend, self.folder / "streams.lock")


@pytest.fixture
def house(tmp_path: Path) -> House:
    clock = SteppingClock()
    events, progress, store = MemoryEvents(clock), MemoryProgress(), MemoryStore(clock)
    store.add_tenant(TENANT, "tests")
    store.add_tenant(OTHER, "tests")
    delivery = Delivery(events, progress, Sinks(Outbound(LOOPBACK), tmp_path), clock)
    return House(tmp_path, clock, events, progress, store, delivery)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(courier_module, "RIVAL_SECONDS", 0.01)
    monkeypatch.setattr(courier_module, "FIRST_RETRY_SECONDS", 0.01)


def to(receiver: Receiver, content_format: ContentFormat = ContentFormat.JSON_LINES, **changes: Any) -> LogStream:
    sink = HttpSink(receiver.url, content_format, "application/json", "Bearer s3cret")
    return a_log_stream(http=sink, **changes)


def entries_in(body: bytes) -> list[dict[str, Any]]:
    """Return the entries of a body as our own reader of Auth0's log streams finds them."""
    splitter = Splitter()
    pieces = [*splitter.feed(body), *splitter.finish()]
    return [json.loads(found.content) for piece in pieces for found in unwrap(piece.content)]


def types_in(receiver: Receiver) -> list[str]:
    return [entry["type"] for taken in receiver.taken for entry in entries_in(taken.body)]


@pytest.mark.parametrize("content_format", ContentFormat)
def test_entries_are_sent_in_each_format(house: House, receiver: Receiver, content_format: ContentFormat) -> None:
    house.record("s", "f", "fp")

    house.drain(to(receiver, content_format))

    (taken,) = receiver.taken
    assert [entry["type"] for entry in entries_in(taken.body)] == ["s", "f", "fp"]
    assert taken.headers["authorization"] == "Bearer s3cret"
    assert taken.headers["content-type"] == "application/json"


def test_a_body_is_what_the_format_says(house: House, receiver: Receiver) -> None:
    house.record("s", "f")

    for number, content_format in enumerate(ContentFormat):
        house.drain(to(receiver, content_format, id=f"lst_{number}"))

    array, lines, wrapped = (taken.body for taken in receiver.taken)
    logs = json.loads(array)
    assert [json.loads(line) for line in lines.splitlines()] == logs
    assert json.loads(wrapped) == {"logs": logs}
    assert [set(log) for log in logs] == [{"log_id", "data"}] * 2
    assert [log["data"]["log_id"] for log in logs] == [log["log_id"] for log in logs]


def test_a_stream_goes_on_where_it_was(house: House, receiver: Receiver) -> None:
    stream = to(receiver)
    house.record("s", "f")
    house.drain(stream)
    house.record("fp")
    house.drain(stream)
    house.drain(stream)

    assert types_in(receiver) == ["s", "f", "fp"]
    assert house.progress.get(stream.id).delivered_at is not None


def test_a_new_stream_begins_when_it_was_made_or_as_it_says(house: House, receiver: Receiver) -> None:
    house.record("s")
    house.clock.advance(timedelta(hours=1))
    now = house.clock.now()
    house.record("f")

    house.drain(to(receiver, id="lst_now", starts_at=now))
    house.drain(to(receiver, id="lst_before", starts_at=START))

    assert types_in(receiver) == ["f", "s", "f"]


def test_filters_let_their_categories_through(house: House, receiver: Receiver) -> None:
    stream = to(receiver, filters=("auth.login.fail", "other"))
    house.record("s", "f", "experiment_assignment_succeeded", "ss", "fu")

    house.drain(stream)
    house.record("s")
    house.drain(stream)

    assert types_in(receiver) == ["f", "experiment_assignment_succeeded", "fu"]
    assert not house.delivery.has_more(TENANT.id, stream)
    assert len(receiver.taken) == 1


def test_categories_are_told_apart() -> None:
    assert is_wanted((), "anything")
    assert is_wanted(("auth.login.success",), "s")
    assert is_wanted(("other",), "of_our_own")
    assert not is_wanted(("other",), "s")
    assert not is_wanted(("auth.login.success", "user.fail"), "f")


def test_a_long_log_goes_out_in_pieces(house: House, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "ENTRIES_MAX", 10)
    monkeypatch.setattr(delivery_module, "BODY_BYTES_MAX", 500)
    house.record(*(f"type{number}" for number in range(25)))
    house.record("x" * 600)

    house.drain(to(receiver))

    assert types_in(receiver) == [*(f"type{number}" for number in range(25)), "x" * 600]
    assert all(len(entries_in(taken.body)) <= 10 for taken in receiver.taken)
    assert max(len(taken.body) for taken in receiver.taken[:-1]) < 1_000


def test_another_tenant_s_logs_are_not_sent(house: House, receiver: Receiver) -> None:
    house.record("f", tenant_id=OTHER.id)

    house.drain(to(receiver))

    assert receiver.taken == []


@pytest.mark.parametrize("status", [199 + 101, 302, 400, 401, 413, 429, 500, 503])
def test_what_is_not_taken_is_sent_again(house: House, receiver: Receiver, status: int) -> None:
    stream = to(receiver)
    house.record("s")
    receiver.status = status

    failing = Progress()
    seen = []
    for _ in range(2):
        with pytest.raises(NotTakenError, match=f"answers with status {status}"):
            house.drain(stream)
        failing = house.progress.get(stream.id)
        seen.append(failing.failing_since)
    receiver.status = 200
    house.drain(stream)

    assert types_in(receiver) == ["s"] * 3
    assert (failing.log_id, failing.problem) == (None, f"answers with status {status}")
    assert seen[0] == seen[1] is not None
    healthy = house.progress.get(stream.id)
    assert (healthy.failing_since, healthy.problem) == (None, None)
    assert healthy.log_id is not None


def test_nothing_of_a_reply_is_kept_but_its_status(house: House, receiver: Receiver) -> None:
    stream = to(receiver)
    house.record("s")
    receiver.status, receiver.reply = 500, b"the database password is hunter2"

    with pytest.raises(NotTakenError):
        house.drain(stream)

    assert "hunter2" not in repr(house.progress.get(stream.id))


def test_a_file_takes_lines(house: House) -> None:
    stream = a_log_stream(http=None, file=FileSink("audit.ndjson"))
    house.record("s", "f")
    house.drain(stream)
    house.record("fp")
    house.drain(stream)

    path = house.folder / TENANT.id / "audit.ndjson"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["type"] for line in lines] == ["s", "f", "fp"]
    assert all(line["log_id"] for line in lines)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("torn", [b'{"type":"f', b"x" * 200_000])
def test_a_line_that_was_torn_by_a_power_cut_is_written_whole(house: House, torn: bytes) -> None:
    stream = a_log_stream(http=None, file=FileSink("audit.ndjson"))
    house.record("s")
    house.drain(stream)
    path = house.folder / TENANT.id / "audit.ndjson"
    with path.open("ab") as file:
        file.write(torn)
    house.record("f")

    house.drain(stream)

    assert [json.loads(line)["type"] for line in path.read_text().splitlines()] == ["s", "f"]


def test_a_file_that_was_torn_in_its_first_line_is_begun_anew(house: House) -> None:
    path = house.folder / TENANT.id / "audit.ndjson"
    path.parent.mkdir()
    path.write_bytes(b'{"type":"to')
    house.record("s")

    house.drain(a_log_stream(http=None, file=FileSink("audit.ndjson")))

    assert [json.loads(line)["type"] for line in path.read_text().splitlines()] == ["s"]


def test_a_file_that_leads_elsewhere_is_not_written(house: House) -> None:
    (house.folder / TENANT.id).mkdir()
    secret = house.folder / "secret"
    secret.write_text("secret\n")
    (house.folder / TENANT.id / "audit.ndjson").symlink_to(secret)
    house.record("s")

    with pytest.raises(NotTakenError, match="the file can't be written"):
        house.drain(a_log_stream(http=None, file=FileSink("audit.ndjson")))

    assert secret.read_text() == "secret\n"


@pytest.fixture
def running(house: House) -> Iterator[Callable[[], Courier]]:
    couriers: list[Courier] = []

    def start() -> Courier:
        couriers.append(house.courier())
        couriers[-1].start()
        return couriers[-1]

    yield start
    for courier in couriers:
        courier.stop()


def test_the_courier_delivers_what_comes(house: House, receiver: Receiver, running: Callable[[], Courier]) -> None:
    house.add(to(receiver))
    running()

    house.record("s")
    receiver.wait_for(lambda: types_in(receiver) == ["s"])
    house.record("f", "fp")
    receiver.wait_for(lambda: types_in(receiver) == ["s", "f", "fp"])


def test_a_receiver_that_comes_back_gets_everything_in_order(
    house: House, receiver: Receiver, running: Callable[[], Courier], caplog: pytest.LogCaptureFixture
) -> None:
    house.add(to(receiver))
    house.record("s")
    running()
    receiver.wait_for(lambda: types_in(receiver) == ["s"])

    receiver.status = 503
    house.record("f")
    receiver.wait_for(lambda: len(receiver.taken) >= 3)
    receiver.go_away()
    house.record("fp")
    receiver.taken.clear()
    receiver.status = 200
    receiver.come()

    receiver.wait_for(lambda: types_in(receiver)[-1:] == ["fp"])
    assert types_in(receiver) in (["f", "fp"], ["f", "f", "fp"])
    assert "answers with status 503" in caplog.text
    assert "s3cret" not in caplog.text


def test_one_that_hangs_is_in_nobody_s_way(house: House, receiver: Receiver, running: Callable[[], Courier]) -> None:
    with receiving() as hanging:
        hanging.hang()
        house.add(to(hanging))
        house.add(to(receiver, id="lst_2", name="Other"))
        house.record("s")
        running()
        hanging.wait_for(lambda: len(hanging.taken) == 1)

        house.record("f")

        receiver.wait_for(lambda: types_in(receiver) == ["s", "f"])
        hanging.stop_hanging()
        hanging.wait_for(lambda: types_in(hanging) == ["s", "f"])


def test_a_paused_stream_waits_and_then_gets_what_it_missed(
    house: House, receiver: Receiver, running: Callable[[], Courier]
) -> None:
    paused = to(receiver, status=StreamStatus.PAUSED)
    house.add(paused)
    with receiving() as other:
        house.add(to(other, id="lst_2", name="Other"))
        house.record("s")
        running()
        other.wait_for(lambda: types_in(other) == ["s"])

        assert receiver.taken == []
        with house.store.writing(TENANT.id, "tests") as tenant:
            tenant.log_streams.replace(replace(paused, status=StreamStatus.ACTIVE))
        receiver.wait_for(lambda: types_in(receiver) == ["s"])


def test_a_stream_that_fails_for_long_is_suspended_with_the_reason(
    house: House, receiver: Receiver, running: Callable[[], Courier], caplog: pytest.LogCaptureFixture
) -> None:
    stream = to(receiver)
    house.add(stream)
    receiver.status = 500
    house.record("s")
    courier = running()
    receiver.wait_for(lambda: len(receiver.taken) >= 2)
    still = house.stream(stream.id).status
    house.clock.advance(SUSPEND_AFTER)
    while house.stream(stream.id).status is StreamStatus.ACTIVE:
        threading.Event().wait(0.01)
    courier.stop()

    suspended = house.stream(stream.id)
    assert still is StreamStatus.ACTIVE
    assert suspended.status is StreamStatus.SUSPENDED
    assert suspended.suspended_because is not None
    assert suspended.suspended_because.startswith("answers with status 500, since 2026-01-01 00:00 UTC")
    assert house.progress.get(stream.id).log_id is None
    assert "is suspended" in caplog.text


def test_only_one_process_delivers(house: House, receiver: Receiver, running: Callable[[], Courier]) -> None:
    house.add(to(receiver))
    house.record("s")
    with hold(house.folder / "streams.lock") as is_ours:
        running().stop()

    assert is_ours
    assert receiver.taken == []
    running()
    receiver.wait_for(lambda: types_in(receiver) == ["s"])


def test_what_can_not_be_read_is_tried_again(
    house: House, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    folder = house.folder / "progress"
    progress = ProgressFiles(folder)
    stream = to(receiver)
    progress.keep(stream.id, Progress())
    (folder / f"{stream.id}.json").write_text("{")
    house.delivery = replace(house.delivery, progress=progress)
    house.add(stream)
    house.record("s")
    courier = house.courier()
    courier.start()
    while "can't be read, it will be tried again" not in caplog.text:
        pass

    progress.forget(stream.id)

    receiver.wait_for(lambda: types_in(receiver) == ["s"])
    courier.stop()
    assert logging.getLevelName(caplog.records[0].levelno) == "WARNING"
