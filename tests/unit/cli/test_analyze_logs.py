"""`signpost analyze --events`: logs of exposures and events in two files."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from signpost.cells import measure
from signpost.model.metrics import DAY_MS
from signpost.warehouses.logs import Logs, measure_logs
from signpost.warehouses.sources import open_source
from tests.unit.cells.data import QUESTION, make_rows
from tests.unit.cli.test_analyze import Analyze, analyze, comparison_in, write

__all__ = ["analyze"]

OPTIONS = ("--unit", "device", "--variation", "page", "--control", "old", "--metric", "sign_in_success")
DAY = 1_767_225_600
Write = Callable[[Sequence[Any], Sequence[Any]], tuple[Path, ...]]


@pytest.fixture
def files(tmp_path: Path) -> Write:
    """Writes exposures (device, page, second) and events (device, type, second), and gives the words that name them."""

    def run(exposures: Sequence[Any], events: Sequence[Any]) -> tuple[Path, ...]:
        shown = write(tmp_path / "shown.csv", pd.DataFrame(exposures, columns=["device", "page", "at"]))
        happened = write(tmp_path / "happened.parquet", pd.DataFrame(events, columns=["device", "type", "at"]))
        return shown, Path("--events"), happened

    return run


def some(units: int, successes: dict[str, int]) -> tuple[list[Any], list[Any]]:
    exposures = [(f"{page} {n}", page, DAY + n) for page in successes for n in range(units)]
    events = [(f"{page} {n}", "s", DAY + n + 5) for page, count in successes.items() for n in range(count)]
    return exposures, events


def test_logs_give_what_a_table_of_units_gives(analyze: Analyze, files: Write, tmp_path: Path) -> None:
    exposures, events = some(1_000, {"old": 700, "new": 790})
    done = {unit for unit, _, _ in events}
    table = pd.DataFrame(
        [(unit, page, int(unit in done)) for unit, page, _ in exposures], columns=["device", "page", "sign_in_success"]
    )

    of_logs = analyze(*files(exposures, events), *OPTIONS, "--shares", "old=50,new=50")
    of_units = analyze(write(tmp_path / "units.csv", table), *OPTIONS, "--shares", "old=50,new=50")

    assert comparison_in(of_logs) == comparison_in(of_units)
    assert of_logs["verdict"] == of_units["verdict"]
    assert of_logs["units"] == 2_000


def test_only_what_happens_after_the_exposure_counts(analyze: Analyze, files: Write) -> None:
    exposures, _ = some(100, {"old": 0, "new": 0})
    events = [(unit, "s", at - 1) for unit, _, at in exposures] + [("old 1", "s", DAY + 9), ("a stranger", "s", DAY)]

    found = analyze(*files(exposures, events), *OPTIONS)

    assert [arm["total"] for arm in found["metrics"][0]["variations"]] == [1, 0]


def test_times_may_be_seconds_milliseconds_timestamps_or_texts(analyze: Analyze, files: Write) -> None:
    exposures, events = some(50, {"old": 20, "new": 30})
    expected = analyze(*files(exposures, events), *OPTIONS)["metrics"]

    forms: tuple[Callable[[int], Any], ...] = (
        lambda at: at * 1000,
        lambda at: pd.Timestamp(at, unit="s"),
        lambda at: pd.Timestamp(at, unit="s", tz="UTC").isoformat(),
        lambda at: pd.Timestamp(at, unit="s", tz="Asia/Tokyo").isoformat(),
    )

    for form in forms:
        rows = [[(*row[:2], form(row[2])) for row in table] for table in (exposures, events)]
        assert analyze(*files(*rows), *OPTIONS)["metrics"] == expected


def test_rows_that_lack_something_are_left_out_and_told(
    analyze: Analyze, files: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from signpost.cli import main  # noqa: PLC0415

    exposures, events = some(50, {"old": 20, "new": 30})
    words = files(
        [*exposures, (None, "old", DAY), ("one", None, DAY)],
        [(unit, type, None) for unit, type, _ in events[:1]] + events[1:],
    )
    monkeypatch.setattr("sys.argv", ["signpost", "analyze", *map(str, words), *OPTIONS])
    with pytest.raises(SystemExit):
        main()

    told = capsys.readouterr().err

    assert "2 rows of" in told
    assert "1 row of" in told
    assert analyze(*words, *OPTIONS)["units"] == 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--metric", "sign_in_succes"], "There is no metric sign_in_succes. Did you mean sign_in_success?"),
        (["--metric", "sign_in_success", "--look", "sign_in_success"], "sign_in_success is there twice."),
        (
            ["--metric", "sign_in_success", "--guardrail", "attempts_per_success:2"],
            "There is no metric attempts_per_success:2.",
        ),
        (["--metric", "sign_in_success", "--at", "when"], "shown.csv has no column when. It has device, page, at."),
        (["--metric", "sign_in_success", "--type", "kind"], "happened.parquet has no column kind."),
        (["--metric", "sign_in_success", "--unit", "devise"], "Did you mean device?"),
        (["--metric", "passkey_use"], "has no column details.method."),
    ],
)
def test_what_is_not_there_is_told(analyze: Analyze, files: Write, words: list[str], said: str) -> None:
    named = files(*some(5, {"old": 1, "new": 2}))

    assert said in analyze(*named, "--unit", "device", "--variation", "page", *words)


def test_one_variation_alone_is_refused(analyze: Analyze, files: Write) -> None:
    exposures, events = some(5, {"old": 1})

    assert "There is only one variation (old): nothing to compare." in analyze(*files(exposures, events), *OPTIONS)


def test_metrics_of_one_s_own_come_from_a_file(analyze: Analyze, files: Write, tmp_path: Path) -> None:
    own = tmp_path / "metrics.toml"
    own.write_text(
        '[[metrics]]\nname = "quick"\naggregation = "conversion"\nevents = { types = ["s"] }\ndirection = "increase"\n'
        "window = { start_ms = 0, stop_ms = 5000 }\n"
    )

    found = analyze(*files(*some(50, {"old": 20, "new": 30})), *OPTIONS[:-1], "quick", "--metrics", own)

    assert [arm["total"] for arm in found["metrics"][0]["variations"]] == [0, 0]


def test_the_zone_of_a_time_counts_and_that_of_the_machine_does_not(
    analyze: Analyze, files: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    exposures, events = some(50, {"old": 20, "new": 30})
    expected = analyze(*files(exposures, events), *OPTIONS)["metrics"]
    zones: tuple[Callable[[int, str], Any], ...] = (
        lambda at, zone: pd.Timestamp(at, unit="s", tz=zone),
        lambda at, zone: pd.Timestamp(at, unit="s", tz=zone).isoformat(),
    )
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()

    found = [
        analyze(
            *files(
                [(*row[:2], form(row[2], "Asia/Tokyo")) for row in exposures],
                [(*row[:2], form(row[2], "UTC")) for row in events],
            ),
            *OPTIONS,
        )["metrics"]
        for form in zones
    ]

    monkeypatch.undo()
    time.tzset()
    assert found == [expected, expected]


def test_the_sums_are_those_of_an_experiment_of_signpost_s_own(tmp_path: Path) -> None:
    import duckdb  # noqa: PLC0415

    from signpost.ports.measurements import Question  # noqa: PLC0415
    from signpost.warehouses.duckdb import DuckDbEngine  # noqa: PLC0415
    from tests.unit.cells.engines import relations_of  # noqa: PLC0415
    from tests.unit.cells.test_scripts import fill  # noqa: PLC0415

    metrics = QUESTION.metrics
    exposures, events = make_rows(7)
    base = 2_000 * DAY_MS
    exposures = [row._replace(occurred_ms=row.occurred_ms + base) for row in exposures if not row.is_forced]
    events = [row._replace(occurred_ms=row.occurred_ms + base) for row in events]
    shown = write(
        tmp_path / "shown.parquet",
        pd.DataFrame([(e.unit, e.variation_id, e.occurred_ms) for e in exposures], columns=["unit", "variation", "at"]),
    )
    rows = []
    for event in events:
        details = json.loads(event.body).get("details", {})
        method, seconds = details.get("method"), details.get("seconds")
        text = None if method is None else method if isinstance(method, str) else json.dumps(method)
        number = seconds if isinstance(seconds, int | float) else None
        rows.append((event.unit, event.type, event.occurred_ms, text, number))
    happened = write(
        tmp_path / "happened.parquet",
        pd.DataFrame(rows, columns=["unit", "type", "at", "details.method", "details.seconds"]),
    )

    with open_source(None) as source:
        found = measure_logs(source, Logs(str(shown), str(happened), "unit", "variation", "at", "type"), metrics)

    as_of_ms = max(*(row.occurred_ms for row in exposures), *(row.occurred_ms for row in events))
    question = Question("logs", metrics, as_of_ms=as_of_ms)
    with duckdb.connect() as connection:
        fill(connection, relations_of(exposures, events, question), "?")
        expected = measure(DuckDbEngine(connection), question)
    assert found.measurement.cells == expected.cells
    assert found.measurement.histograms == expected.histograms
