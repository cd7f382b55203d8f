"""`signpost events`: compact, export and import, as they are typed."""

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from signpost.bootstrap import Parts, open_parts, set_up
from signpost.cli import main
from signpost.config import load_settings
from signpost.ports.events import Event
from signpost.ports.measurements import Measurement
from signpost.testing.events_contract import EXPERIMENT, an_attribution, keep
from signpost.testing.measures_contract import QUESTION

COUNT = 300
BASE_MS = 1_767_225_600_000


def open_data(folder: Path) -> Parts:
    parts = open_parts(load_settings({"data": folder}, {}).settings)
    set_up(parts)
    return parts


def tenant_of(parts: Parts) -> str:
    return parts.store.tenants()[0].id


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with exposures, and successes with and without senders' ids."""
    parts = open_data(tmp_path / "data")
    tenant_id = tenant_of(parts)
    for n in range(COUNT):
        to = an_attribution(
            f"u{n}", "var_a" if n % 2 else "var_b", BASE_MS + n, is_forced=n % 50 == 0, segment_id="seg"
        )
        exposure = Event(tenant_id, "e", BASE_MS + n, b'{"n": %d}' % n, None, to.unit, f"s{n}", to, is_exposure=True)
        success = Event(tenant_id, "s", BASE_MS + n + 1_000, '{"text": "Ü, \\"quoted\\""}'.encode(), f"id-{n}", to.unit)
        keep(parts.events, *([exposure, success] if n % 3 else [exposure]))
    parts.close()
    return tmp_path / "data"


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    stdout: str
    stderr: str


Signpost = Callable[..., Done]


@pytest.fixture
def signpost(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Signpost:
    """Run a command in this process."""

    def run(*words: object, code: int = 0) -> Done:
        monkeypatch.setattr(sys, "argv", ["signpost", *map(str, words)])
        left = 0
        try:
            main()
        except SystemExit as error:
            left = error.code if isinstance(error.code, int) else 0
        captured = capsys.readouterr()
        assert left == code, captured.err
        return Done(captured.out, captured.err)

    return run


def sums(folder: Path) -> tuple[int, Measurement]:
    parts = open_data(folder)
    try:
        tenant_id = tenant_of(parts)
        return parts.events.count(tenant_id), parts.events.measure(tenant_id, replace(QUESTION, as_of_ms=1 << 41))
    finally:
        parts.close()


def test_compacting_says_what_it_did_and_changes_no_number(signpost: Signpost, data: Path) -> None:
    before = sums(data)

    first = signpost("events", "compact", "--data", data)
    second = json.loads(signpost("events", "compact", "--data", data, "--json").stdout)

    assert first.stdout == "Sealed 500 events in 1 files.\n"
    assert second == {"sealed": 0, "duplicates": 0, "files": 0, "removed": []}
    assert sums(data) == before


def test_what_is_too_old_is_removed_and_told(signpost: Signpost, data: Path) -> None:
    signpost("events", "compact", "--data", data)
    (old,) = (data / "events" / "sealed").glob("*/*/*.parquet")
    log_id = (BASE_MS << 21) | 1
    moved = old.parent.with_name("day=2026-01-01") / f"000-{log_id:019}-{log_id:019}-500.parquet"
    moved.parent.mkdir()
    old.rename(moved)

    done = signpost("events", "compact", "--data", data, "--retention", 2)

    assert done.stdout.startswith("Removed 500 events of 2026-01-01 of tenant ")
    assert not moved.parent.exists()
    assert sums(data)[0] == 0


@pytest.mark.parametrize("suffix", [".ndjson", ".parquet"])
@pytest.mark.parametrize("is_sealed", [False, True])
def test_what_is_exported_can_be_imported_once(
    signpost: Signpost, data: Path, tmp_path: Path, suffix: str, is_sealed: bool
) -> None:
    if is_sealed:
        signpost("events", "compact", "--data", data)
    file = tmp_path / f"events{suffix}"
    other = tmp_path / "other"
    open_data(other).close()

    exported = signpost("events", "export", file, "--data", data)
    outcomes = [
        json.loads(signpost("events", "import", file, "--data", folder, "--json").stdout)
        for folder in (other, other, data)
    ]

    assert exported.stdout == f"Wrote 500 events to {file}.\n"
    assert [(done["new"], done["known"], done["malformed"]) for done in outcomes] == [
        (500, 0, 0),
        (0, 500, 0),
        (0, 500, 0),
    ]
    assert sums(other) == sums(data)
    assert signpost("events", "export", "--data", other).stdout.count('"event_id": "log:') == COUNT


def test_an_export_can_be_narrowed_and_read_elsewhere(signpost: Signpost, data: Path, tmp_path: Path) -> None:
    lines = signpost("events", "export", "--data", data, "--experiment", EXPERIMENT).stdout.splitlines()
    table = tmp_path / "events.csv"
    since = datetime.fromtimestamp((BASE_MS + 1_200) / 1000, UTC).replace(tzinfo=None)
    signpost("events", "export", table, "--data", data, "--since", since.isoformat()[:19], "--until", "2026-02-01")
    columns = tmp_path / "events.parquet"
    signpost("events", "export", columns, "--data", data)

    assert [json.loads(line)["body"]["n"] for line in lines] == list(range(COUNT))
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["type"] for row in rows} == {"s"}
    assert all(int(row["occurred_ms"]) >= BASE_MS + 1_000 for row in rows)
    (shown,) = duckdb.execute(
        "SELECT COUNT(*) FILTER (WHERE is_exposure AND NOT is_forced) FROM read_parquet($path)", {"path": str(columns)}
    ).fetchall()
    assert shown == (COUNT - COUNT // 50,)


def test_malformed_rows_are_counted_and_shown(signpost: Signpost, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    good = '{"type": "s", "occurred_ms": 1, "event_id": "x", "body": {}}'
    bad = ["no json", '{"type": "s"}', good.replace("{}", "[]"), good.replace('"event_id": "x", ', ""), "9" * 600_000]
    file.write_text("\n".join([good, *bad, "", good.replace('"x"', '"y"')]))

    done = signpost("events", "import", file, "--data", data)

    assert done.stdout == "Kept 2 events; 0 were there already; 5 malformed rows were left out.\n"
    assert "events.ndjson, byte 61: JSON is malformed" in done.stderr
    assert len(done.stderr.splitlines()) == 5


def test_an_interrupted_import_goes_on_where_it_stopped(signpost: Signpost, tmp_path: Path) -> None:
    folder, file = tmp_path / "other", tmp_path / "events.ndjson"
    open_data(folder).close()
    line = '{"type": "s", "occurred_ms": 1, "event_id": "%d", "body": {}}\n'
    total = 150_000
    file.write_text("".join(line % n for n in range(total)))
    words = ["events", "import", str(file), "--data", str(folder)]
    command = [sys.executable, "-c", "from signpost.cli import main; main()", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None and not list(folder.glob("imports/*.position")):
        pass
    process.send_signal(signal.SIGINT)
    process.communicate()

    done = json.loads(signpost("events", "import", file, "--data", folder, "--json").stdout)

    assert process.returncode == 130
    assert 0 < done["started_at"] < file.stat().st_size
    assert 0 < done["new"] < total
    assert sums(folder)[0] == total
    assert list(folder.glob("imports/*")) == []


def test_other_formats_and_damaged_files_are_refused(signpost: Signpost, data: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1")
    table = tmp_path / "table.csv"
    table.write_text("a\n")

    refusals = [
        signpost("events", *arguments, "--data", data, code=1).stderr
        for arguments in (("import", damaged), ("import", table), ("export", tmp_path / "events.xlsx"))
    ]

    assert "damaged.parquet is damaged" in refusals[0]
    assert "table.csv is no .ndjson or .parquet file" in refusals[1]
    assert "events.xlsx tells no format" in refusals[2]
