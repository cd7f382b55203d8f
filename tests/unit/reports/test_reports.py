"""The page and the table: whole, safe with any name, and the same every time."""

import csv
import io
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from signpost.analysis.results import DayPoint, Decision, Results, SegmentResult, Verdict
from signpost.model.analysis_plans import AnalysisPlan
from signpost.model.metrics import Role
from signpost.reports.page import render_html
from signpost.reports.rows import COLUMNS, list_rows, write_csv, write_parquet
from signpost.testing.measured import SUCCESS, results_of
from signpost.testing.repeatable import START

HOSTILE = {"var_1": "<script>alert(1)</script>", "var_2": "é\u202e$x^2$ 🙂" + "a" * 250, "var_3": 'plain & "quoted"'}
PLAN = AnalysisPlan(
    (SUCCESS, replace(SUCCESS, name="guard", role=Role.GUARDRAIL), replace(SUCCESS, name="seen", role=Role.EXPLORATORY))
)


def rich_results() -> Results:
    """Return results with everything in them: a series, segments, and a name of every kind."""
    counts = {"var_1": (4_000, 3_200), "var_2": (4_000, 3_400), "var_3": (4_010, 3_190)}
    results = results_of(counts, PLAN, HOSTILE)
    metric = results.metrics[0]
    first = metric.comparisons[0]
    days = tuple(DayPoint(START.replace(day=day), "var_2", 100 * day, first.absolute) for day in (1, 2, 3))
    segments = tuple(
        SegmentResult(
            "connection",
            value,
            metric.arms,
            metric.comparisons,
            {c.variation_id: c.absolute for c in metric.comparisons},
        )
        for value in ("db", "<b>", None)
    )
    return replace(results, metrics=(replace(metric, series=days, segments=segments), *results.metrics[1:]))


RICH = rich_results()


class Page(HTMLParser):
    """What of a page the tests look at."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_verdict_comes_first_and_every_table_has_a_caption() -> None:
    page = Page(render_html(RICH))

    assert page.text.index("Ship it.") < page.text.index("What decides") < page.text.index("Guardrails")
    assert len(page.all("table")) == len(page.all("caption")) > 5
    assert all(attributes.get("scope") in {"col", "row"} for attributes in page.all("th"))


def test_the_page_needs_nothing_else() -> None:
    page = Page(render_html(RICH))

    loads = [v for _, a in page.tags for k, v in a.items() if k in {"src", "href", "xlink:href"} and v]
    assert not page.all("script")
    assert not page.all("link")
    assert all(value.startswith("#") for value in loads)


def test_names_are_shown_as_they_are_and_do_nothing() -> None:
    html = render_html(RICH)

    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>" not in html


def test_each_plot_says_its_numbers() -> None:
    plots = Page(render_html(RICH)).all("svg")

    assert len(plots) == 4
    assert all(attributes.get("role") == "img" for attributes in plots)
    assert "+5.00 pp" in (plots[0]["aria-label"] or "")


def test_the_page_is_the_same_every_time() -> None:
    assert render_html(RICH) == render_html(RICH)


@pytest.mark.parametrize("decision", list(Decision))
def test_every_verdict_has_its_words(decision: Decision) -> None:
    assert render_html(replace(RICH, verdict=Verdict(decision, ("Because.",)))).count("Because.") == 1


def test_an_experiment_that_nobody_met_has_a_page() -> None:
    assert "No unit" in render_html(results_of({}))


def test_the_table_has_a_row_for_each_metric_segment_and_variation() -> None:
    rows = list_rows(RICH)

    assert len(rows) == 3 * 3 + 3 * 3
    treatment = next(row for row in rows if row["variation_id"] == "var_2")
    assert (treatment["units"], treatment["total"], treatment["is_control"]) == (4_000, 3_400, False)
    assert treatment["absolute_effect"] == pytest.approx(0.05)
    assert treatment["judgement"] == "better"
    assert {row["segment"] for row in rows if row["dimension"]} == {"db", "<b>", None}


def test_what_is_missing_is_named_in_the_table() -> None:
    rows = list_rows(results_of({"var_1": (9, 1), "var_2": (9, 2)}))

    assert [row["missing"] for row in rows] == [None, "too_few_units"]


def test_the_table_comes_back_from_its_files(tmp_path: Path) -> None:
    path = tmp_path / "results.parquet"

    write_parquet(RICH, path)
    read = list(csv.DictReader(io.StringIO(write_csv(RICH))))

    stored = duckdb.execute("SELECT * FROM read_parquet(?)", [str(path)])
    assert list(read[0]) == list(COLUMNS)
    assert stored.fetchall() == [tuple(row[column] for column in COLUMNS) for row in list_rows(RICH)]
    assert [row["variation_name"] for row in read] == [row["variation_name"] for row in list_rows(RICH)]


def test_a_file_that_can_t_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none"):
        write_parquet(RICH, tmp_path / "none" / "results.parquet")
