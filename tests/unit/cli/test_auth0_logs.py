"""`signpost import auth0-logs` over a real data folder: what comes in, and what it says of it."""

import gzip
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from signpost.authlogs.checkpoints import Ledger
from signpost.authlogs.splitting import Splitter
from signpost.bootstrap import Parts, open_parts, set_up
from signpost.cli import log_imports, main
from signpost.config import load_settings
from signpost.model.tenants import Tenant
from signpost.testing.builders import a_flag, a_variation, an_experiment
from signpost.testing.measured import count
from signpost.usecases.tenants import find_tenant
from tests.unit.authlogs.logs import (
    CONTROL,
    EXPERIMENT,
    TREATMENT,
    Json,
    an_entry,
    assignment,
    bridged,
    gridded,
    streamed,
)

LOG = [
    *(assignment(session, session) for session in range(6)),
    *(an_entry(10 + session, "fp", session=session) for session in (0, 1)),
    *(an_entry(20 + session, session=session) for session in (0, 2, 3)),
]
MEASURED = {CONTROL: (3, 2), TREATMENT: (3, 1)}
FORMATS: dict[str, Callable[[list[Json]], str]] = {
    "lines": lambda entries: "\n".join(map(json.dumps, entries)) + "\n",
    "an array": json.dumps,
    "a printed array": lambda entries: json.dumps(entries, indent=2),
    "a stream": lambda entries: "\n".join(json.dumps(streamed(entry)) for entry in entries),
    "batches of a stream": lambda entries: "\n".join(
        json.dumps([streamed(entry) for entry in entries[at : at + 2]]) for at in range(0, len(entries), 2)
    ),
    "EventBridge, joined": lambda entries: "".join(json.dumps(bridged(entry)) for entry in entries),
    "Event Grid": lambda entries: json.dumps([gridded(entry) for entry in entries]),
    "Windows": lambda entries: "\ufeff" + "\r\n".join(map(json.dumps, entries)),
}


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        return json.loads(self.out)

    @property
    def numbers(self) -> tuple[int, int, int]:
        return self.value["kept"], self.value["present"], self.value["malformed"]


class House:
    """A data folder, and the command in a folder of its own."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._settings = load_settings({"data": folder / "data"}, {}).settings
        with self.parts() as (parts, _):
            set_up(parts)

    @contextmanager
    def parts(self) -> Iterator[tuple[Parts, Tenant | None]]:
        parts = open_parts(self._settings)
        try:
            yield parts, find_tenant(parts.store, None) if parts.store.tenants() else None
        finally:
            parts.close()

    def write(self, name: str, content: str | bytes) -> str:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name

    def take(self, *words: str, stdin: bytes = b"", as_json: bool = True) -> Done:
        options = ("--json",) if as_json else ()
        command = ["signpost", "import", "auth0-logs", *words, *options, "--data", str(self.folder / "data")]
        self._monkeypatch.setattr(sys, "argv", command)
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin))))
        try:
            main()
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0
        captured = self._capsys.readouterr()
        return Done(code, captured.out, captured.err)

    def counted(self, experiment_id: str = EXPERIMENT) -> dict[str, tuple[int, int]]:
        with self.parts() as (parts, tenant):
            assert tenant is not None
            return count(parts.events, tenant.id, experiment_id)

    def kept(self) -> int:
        with self.parts() as (parts, tenant):
            assert tenant is not None
            return parts.events.count(tenant.id)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> House:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return House(tmp_path, monkeypatch, capsys)


def lines(entries: Iterable[Json]) -> str:
    return FORMATS["lines"]([*entries])


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("is_zipped", [False, True])
@pytest.mark.parametrize("is_file", [False, True])
def test_every_format_is_taken_from_everywhere(house: House, form: str, is_zipped: bool, is_file: bool) -> None:
    content = FORMATS[form](LOG).encode()
    content = gzip.compress(content) if is_zipped else content

    done = house.take(house.write("log", content)) if is_file else house.take("-", stdin=content)

    assert (done.code, done.numbers) == (0, (len(LOG), 0, 0))
    assert house.counted() == MEASURED


def test_any_mix_of_sources_is_one_import(house: House) -> None:
    first = house.write("a.json", FORMATS["an array"](LOG[:4]))
    second = house.write("b.gz", gzip.compress(lines(LOG[3:8]).encode()) + gzip.compress(lines(LOG[8:9]).encode()))

    done = house.take(first, second, "-", stdin=FORMATS["a stream"](LOG[9:]).encode())

    assert done.numbers == (len(LOG), 1, 0)
    assert house.counted() == MEASURED


def test_nothing_counts_twice(house: House) -> None:
    house.write("log", lines(LOG + LOG[:2]))

    first, again = house.take("log"), house.take("log")
    anew, piped = house.take("log", "--from-start"), house.take("-", stdin=lines(LOG).encode())

    assert [done.numbers for done in (first, again, anew, piped)] == [(11, 2, 0), (0, 0, 0), (0, 13, 0), (0, 11, 0)]
    assert again.value["skipped_files"] == ["log"]
    assert house.kept() == len(LOG)


def test_a_file_that_has_changed_is_read_anew(house: House) -> None:
    house.write("log", lines(LOG[:5]))
    house.take("log")

    house.write("log", lines(LOG))

    assert house.take("log").numbers == (6, 5, 0)


def test_malformed_entries_are_counted_and_the_first_few_shown(house: House) -> None:
    bad = [b"nonsense", b'{"type": "s"}', b'{"n": NaN}', b'{"x": "\\ud800"}', b"\xff\xfe", b"[" * 200_000, b'{"cut']
    house.write("log", b"\n".join([lines(LOG[:1]).strip().encode(), *bad]))

    done = house.take("log")

    assert done.code == 0
    assert done.value["kept"] == 1
    assert done.value["malformed"] == len(bad)
    assert [(problem["source"], problem["line"]) for problem in done.value["problems"]] == [
        ("log", number) for number in (2, 3, 4, 5, 6)
    ]


def test_lines_of_five_megabytes_are_left_out(house: House) -> None:
    long = json.dumps(an_entry(99) | {"x": "y" * 5_000_000})
    for content in (
        lines(LOG[:1]) + long + "\n" + lines(LOG[1:2]),
        f"[{json.dumps(LOG[2])}, {long}, {json.dumps(LOG[3])}]",
    ):
        done = house.take("-", stdin=content.encode())

        assert done.numbers == (2, 0, 1)


def test_a_gzip_file_that_was_cut_off_is_taken_as_far_as_it_goes(house: House) -> None:
    entries = [an_entry(number) for number in range(3_000)]
    whole = gzip.compress(lines(entries).encode())
    house.write("log.gz", whole[: len(whole) // 2])

    cut = house.take("log.gz")

    assert cut.code == 1
    assert "log.gz is no whole gzip file" in cut.err
    assert 0 < cut.value["kept"] < 3_000
    house.write("log.gz", whole)
    assert house.take("log.gz").value["kept"] == 3_000 - cut.value["kept"]


def test_garbage_after_gzip_is_told(house: House) -> None:
    house.write("log.gz", gzip.compress(lines(LOG).encode()) + b"garbage")

    done = house.take("log.gz")

    assert (done.code, done.value["kept"]) == (1, len(LOG))


def test_a_log_in_utf_16_says_what_to_do(house: House) -> None:
    done = house.take(house.write("log", lines(LOG).encode("utf-16")))

    assert (done.code, done.out) == (1, "")
    assert "iconv" in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere",), "nowhere can't be read: there is no such file."),
        ((".",), ". is a folder"),
        (("log", "--unit", "a b"), "--unit takes session"),
    ],
)
def test_what_can_not_be_begun_is_refused_before_anything_is_kept(
    house: House, words: tuple[str, ...], message: str
) -> None:
    house.write("log", lines(LOG))

    done = house.take("log", *words)

    assert done.code == 1
    assert message in done.err
    assert house.kept() == 0


def test_without_assignments_first_events_are_exposures(house: House) -> None:
    outcomes = [*reversed(LOG[6:])]

    done = house.take(house.write("log", lines(outcomes)))

    assert done.value["experiments"][EXPERIMENT]["exposures"] == "first-events"
    assert done.value["kept"] == len(outcomes)
    assert house.counted() == {CONTROL: (2, 2), TREATMENT: (2, 1)}


def test_where_an_earlier_log_had_assignments_they_are_what_counts(house: House) -> None:
    house.take("-", stdin=lines(LOG[:3]).encode())

    done = house.take(house.write("log", lines(LOG[6:])))

    assert done.value["experiments"][EXPERIMENT]["exposures"] == "assignments"
    assert house.counted() == {CONTROL: (2, 2), TREATMENT: (1, 0)}


@pytest.mark.parametrize(
    ("exposures", "counted"), [("assignments", {}), ("first-events", {CONTROL: (2, 2), TREATMENT: (2, 1)})]
)
def test_what_counts_as_exposure_can_be_said(house: House, exposures: str, counted: object) -> None:
    house.take("-", "--exposures", exposures, stdin=lines(LOG[6:]).encode())

    assert house.counted() == counted


def test_the_unit_is_what_was_asked_for(house: House) -> None:
    one_user = [
        entry | {"user_id": "auth0|one"}
        for entry in LOG
        if entry["details"]["session_id"] in {"session-0", "session-2"}
    ]

    done = house.take("-", "--unit", "user", stdin=lines(one_user).encode())

    assert done.value["unit_field"] == "user"
    assert house.counted() == {CONTROL: (1, 1)}


def test_the_summary_is_for_people_too(house: House) -> None:
    with house.parts() as (parts, tenant):
        assert tenant is not None
        with parts.store.writing(tenant.id, "tests") as workspace:
            workspace.flags.add(a_flag())
            workspace.variations.add(a_variation(1))
            workspace.variations.add(a_variation(2, overrides={"title": "Welcome back"}))
            workspace.experiments.add(an_experiment(name="Passkeys first"))
            known = an_experiment().id
    own = an_entry(50)
    own["details"]["experiment"]["experiment_id"] = known
    bare = an_entry(51)
    del bare["details"]["session_id"]
    house.write("log", lines([*LOG, own, bare]) + "nonsense\n")

    shown = house.take("log", as_json=False).out
    again = house.take("log", as_json=False).out

    assert "13 entries read: 13 kept, 0 there already. 1 malformed." in shown
    assert "fp" in shown
    for words in ((EXPERIMENT, "6", "5", "1", "(not in this tenant)"), (known, "0", "1", "0", "Passkeys first")):
        (row,) = (line for line in shown.splitlines() if line.startswith(words[0]))
        assert row.rstrip().split(maxsplit=4) == [*words]
    assert "log, line 14: not a JSON object: nonsense" in shown
    assert "its session, `session_id` or `details.session_id`" in shown
    assert f"No assignment entries of {known}" in shown
    assert "log was read to its end before" in again


def test_who_was_interrupted_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [an_entry(number) for number in range(5_000)]
    house.write("log", lines(entries))
    house.write("log.gz", gzip.compress(lines(entries).encode()))
    monkeypatch.setattr(log_imports, "CHECKPOINT_BYTES", 1)
    for name in ("log", "log.gz"):
        with monkeypatch.context() as patched:
            patched.setattr(log_imports, "Splitter", Interrupted)
            stopped = house.take(name)

        rest = house.take(name)

        assert stopped.code == 130
        assert "Give the same command again" in stopped.err
        assert 0 < rest.value["entries"] < 4_000
    assert house.kept() == 2 * 5_000  # each with an exposure
    assert house.counted() == {CONTROL: (2_500, 2_500), TREATMENT: (2_500, 2_500)}


class Interrupted(Splitter):
    """Somebody presses Ctrl-C at the third block."""

    _blocks = 0

    def feed(self, block: bytes) -> Iterator[Any]:
        self._blocks += 1
        if self._blocks == 3:
            raise KeyboardInterrupt
        return super().feed(block)


def test_one_file_is_imported_by_one_process_at_a_time(house: House) -> None:
    house.write("log", lines(LOG))
    with house.parts() as (_, tenant):
        assert tenant is not None
        ledger = Ledger(house.folder / "data" / "imports" / tenant.id)

    with ledger.open(str(house.folder / "log")):
        done = house.take("log")

    assert done.code == 1
    assert "is being imported by another process" in done.err
    assert house.take("log").value["kept"] == len(LOG)


def test_nothing_is_left_of_what_was_piped(house: House) -> None:
    house.take("-", stdin=lines(LOG[6:]).encode())
    house.take("-", stdin=lines(LOG).encode())

    assert [path.suffix for path in house.folder.glob("data/imports/*/*")] == [".assigned"]
