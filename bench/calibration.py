"""How often each method is wrong when it should be, over thousands of simulated experiments: `make calibrate` writes the table.

A sound method leaves its band once in a thousand runs of this program. The last rows are methods that are known to fail: they must
fall out.
"""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from signpost.analysis.adjustment import adjust_for_covariate
from signpost.analysis.answers import Missing
from signpost.analysis.cells import Cell, Histogram, Sums
from signpost.analysis.clusters import contrast_clusters
from signpost.analysis.confidence_sequence import half_width
from signpost.analysis.contrasts import Contrast
from signpost.analysis.crossing import boundaries
from signpost.analysis.difference import newcombe_bounds
from signpost.analysis.effects import Effect
from signpost.analysis.equality import pooled_z
from signpost.analysis.fixed import FixedHorizon, two_sided
from signpost.analysis.group_sequential import GroupSequential
from signpost.analysis.means import Sample, centre_ratio, contrast
from signpost.analysis.quantiles import contrast_quantiles
from signpost.analysis.sample_ratio import check_sample_ratio, sound_alarm
from signpost.analysis.strata import combine
from signpost.model.analysis_plans import AnalysisPlan, Looking, Spending
from signpost.model.metric_catalogue import SIGN_IN_SUCCESS
from signpost.model.metrics import DAY_MS
from signpost.usecases.looking import choose_look, find_end, until

RUNS, SCALAR_RUNS, SEQUENTIAL_RUNS, LOOKS = 10_000, 2_000, 20_000, 14
PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"
Floats = NDArray[np.float64]
Z_95 = float(stats.norm.ppf(0.975))
EVER = "ever found different at 5 %"
DAILY = f"{LOOKS} daily looks to the planned size, {LOOKS} after it"
DAYS = tuple(Cell("all", 0, day * DAY_MS, is_automated=False, units=1_000, sums=()) for day in range(2 * LOOKS))
SIZE = 1_000 * LOOKS
PLANS = {
    "one look": AnalysisPlan((SIGN_IN_SUCCESS,), Looking.FIXED, planned_units=SIZE),
    "O'Brien–Fleming": AnalysisPlan((SIGN_IN_SUCCESS,), Looking.GROUP_SEQUENTIAL, planned_units=SIZE),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One method in one setting: how often of how many runs it did what is counted, and the band for a sound one."""

    method: str
    setting: str
    what: str
    count: int
    runs: int
    low: float
    high: float

    @property
    def is_inside(self) -> bool:
        return self.low <= self.count / self.runs <= self.high


def rejections(method: str, setting: str, p_values: Floats, level: float = 0.05) -> Row:
    """Return how often equals were found different; the band holds 99.9 % of sound methods."""
    runs = len(p_values)
    low, high = stats.binom.ppf([0.0005, 0.9995], runs, level) / runs
    return Row(method, setting, f"found different at {100 * level:g} %", int((p_values < level).sum()), runs, low, high)


def coverage(method: str, setting: str, covered: NDArray[np.bool_]) -> Row:
    """Return how often a 95 % interval had the truth in it."""
    runs = len(covered)
    low, high = stats.binom.ppf([0.0005, 0.9995], runs, 0.95) / runs
    return Row(method, setting, "95 % interval has the truth in it", int(covered.sum()), runs, low, high)


def all_rows(rng: np.random.Generator) -> Iterator[Row]:
    yield from rates(rng)
    yield from means(rng)
    yield from scalar_families(rng)
    yield from sequential(rng)
    yield from ratios_of_units(rng)
    yield from past_the_end(rng)
    yield from negative_controls(rng)


def rates(rng: np.random.Generator) -> Iterator[Row]:
    for rate, units in ((0.8, (20_000, 20_000)), (0.05, (20_000, 20_000)), (0.8, (32_000, 8_000))):
        counts = [(rng.binomial(n, rate, RUNS).astype(float), np.full(RUNS, float(n))) for n in units]
        setting = f"{100 * rate:g} %, {units[0]:,} against {units[1]:,} units"
        z = pooled_z(counts[0], counts[1])
        yield rejections("pooled z", setting, 2 * stats.norm.sf(np.abs(z)))
        lower, upper = newcombe_bounds(counts[0], counts[1], Z_95)
        yield coverage("Newcombe", setting, (lower <= 0) & (upper >= 0))


def means(rng: np.random.Generator) -> Iterator[Row]:
    for name, setting, shape in (
        ("Welch's t", "equal variances", (1.0, 1.0)),
        ("Welch's t", "variances 1 and 4, 80/20", (1.0, 2.0)),
    ):
        sizes = (200, 200) if shape[1] == 1 else (320, 80)
        arms = [draw(rng, n, deviation) for n, deviation in zip(sizes, shape, strict=True)]
        effect = contrast(arms[0], arms[1]).absolute()
        yield rejections(name, setting, two_sided(effect))
        half = stats.t.ppf(0.975, effect.degrees_of_freedom) * effect.standard_error
        yield coverage(name, setting, np.abs(effect.value) < half)
    arms = [draw(rng, 400, 3.0) for _ in range(2)]
    relative = contrast(arms[0], arms[1]).relative()
    yield coverage("log-ratio lift", "400 against 400 units", np.abs(relative.value) < Z_95 * relative.standard_error)


def draw(rng: np.random.Generator, units: int, deviation: float) -> Sample[Floats]:
    values = rng.normal(10, deviation, (RUNS, units))
    return Sample(np.full(RUNS, float(units)), values.mean(axis=1), values.var(axis=1, ddof=1))


def scalar_families(rng: np.random.Generator) -> Iterator[Row]:
    families: tuple[tuple[str, str, Callable[[], Contrast[float] | Missing]], ...] = (
        ("ratio, delta method", "Poisson attempts over successes, 1,000 units an arm", lambda: ratio(rng)),
        ("regression adjustment", "slopes 0.2 and 1.5, 80/20 of 1,000 units", lambda: adjusted(rng)),
        ("quantile, Woodruff", "median of a lognormal time, 2,000 units an arm", lambda: median(rng)),
        ("clusters", "30 organisations an arm, 5 to 60 units each", lambda: clustered(rng)),
        ("phases combined", "90/10 at a rate of 50 %, then 50/50 at 90 %", lambda: phased(rng)),
    )
    look = FixedHorizon()
    for name, setting, make in families:
        found = [made for _ in range(SCALAR_RUNS) if isinstance(made := make(), Contrast)]
        yield rejections(name, setting, np.array([look.p_value(made.absolute()).value for made in found]))


def sums(x: NDArray[Any], d: NDArray[Any] | None = None, c: NDArray[Any] | None = None) -> Sums:
    pairs = {"d": d, "c": c}
    extra: dict[str, int] = {}
    for name, other in pairs.items():
        if other is not None:
            extra |= {name: int(other.sum()), name * 2: int((other * other).sum()), f"x{name}": int((x * other).sum())}
    return Sums(len(x), int(x.sum()), int((x * x).sum()), **extra)


def ratio(rng: np.random.Generator) -> Contrast[float]:
    arms = []
    for _ in range(2):
        successes = rng.poisson(2, 1_000) + 1
        arms.append(centre_ratio(sums(successes + rng.poisson(0.4 * successes), d=successes)))
    return contrast(arms[0], arms[1])


def adjusted(rng: np.random.Generator) -> Contrast[float] | Missing:
    before = rng.poisson(10, 1_000)
    is_treated = rng.random(1_000) < 0.2
    after = rng.poisson(np.where(is_treated, 1.5 * before, 13 + 0.2 * before))
    return adjust_for_covariate(
        sums(after[~is_treated], c=before[~is_treated]), sums(after[is_treated], c=before[is_treated])
    )


def median(rng: np.random.Generator) -> Contrast[float] | Missing:
    histograms = []
    for _ in range(2):
        starts, counts = np.unique(rng.lognormal(9.5, 0.8, 2_000).astype(int) // 10 * 10, return_counts=True)
        histograms.append(Histogram(tuple(map(int, starts)), (10,) * len(starts), tuple(map(int, counts))))
    return contrast_quantiles(histograms[0], histograms[1], 0.5)


def clustered(rng: np.random.Generator) -> Contrast[float] | Missing:
    arms = []
    for _ in range(2):
        sizes = rng.integers(5, 60, 30)
        totals = np.array(
            [
                int(rng.normal(50 + level, 10, size).round().sum())
                for size, level in zip(sizes, rng.normal(0, 6, 30), strict=True)
            ]
        )
        arms.append(sums(totals, d=sizes))
    return contrast_clusters(arms[0], arms[1])


def phased(rng: np.random.Generator) -> Contrast[float]:
    phases = []
    for (control, treatment), rate in (((900, 100), 0.5), ((500, 500), 0.9)):
        arms = []
        for units in (control, treatment):
            mean = rng.binomial(units, rate) / units
            arms.append(Sample(float(units), mean, mean * (1 - mean) * units / (units - 1)))
        phases.append(contrast(arms[0], arms[1]))
    return combine(phases, [phase.units for phase in phases])


def walks(rng: np.random.Generator) -> Floats:
    """Draw z at equally spaced looks of experiments on equals."""
    steps = rng.normal(0, 1, (SEQUENTIAL_RUNS, LOOKS))
    drawn: Floats = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, LOOKS + 1))
    return drawn


def sequential(rng: np.random.Generator) -> Iterator[Row]:
    z = np.abs(walks(rng))
    fractions = tuple((i + 1) / LOOKS for i in range(LOOKS))
    setting, what = f"{LOOKS} looks", EVER
    for spending, name in ((Spending.OBRIEN_FLEMING, "O'Brien–Fleming"), (Spending.POCOCK, "Pocock")):
        count = int((z > boundaries(fractions, spending, 0.05)).any(axis=1).sum())
        yield Row(f"group sequential, {name}", setting, what, count, SEQUENTIAL_RUNS, 0.044, 0.0555)
    units = np.broadcast_to(np.arange(1, LOOKS + 1) * 1_000.0, z.shape)
    effect = Effect(z, np.ones_like(z), np.full_like(z, math.inf), units, "")
    count = int((z > half_width(effect, 0.05)).any(axis=1).sum())
    yield Row("confidence sequence", f"{setting} of 1,000 units each", what, count, SEQUENTIAL_RUNS, 0.006, 0.022)


def ratios_of_units(rng: np.random.Generator) -> Iterator[Row]:
    counts = rng.multinomial(10_000, [0.5, 0.3, 0.2], RUNS)
    checked = [check_sample_ratio(row.tolist(), (5, 3, 2)) for row in counts]
    p_values = np.array([1.0 if isinstance(found, Missing) else found.p_value for found in checked])
    yield rejections("sample ratio, χ²", "50/30/20 of 10,000 units", p_values, 0.001)
    alarms = 0
    for _ in range(SCALAR_RUNS):
        walk = np.cumsum(rng.multinomial(1_000, [0.5, 0.5], LOOKS), axis=0)
        found = [sound_alarm([(tuple(map(int, row)), (1, 1))]) for row in walk]
        alarms += any(not isinstance(p, Missing) and p.value < 0.05 for p in found)
    yield Row(
        "sample ratio, sequential alarm", f"50/50, {LOOKS} looks", "ever under 5 %", alarms, SCALAR_RUNS, 0.0, 0.05
    )


def past_the_end(rng: np.random.Generator) -> Iterator[Row]:
    """Look daily on the way to the planned size and as long again after it, by the product's own rule of what is read when."""
    for name, plan in PLANS.items():
        count = count_differences(rng, plan, read_until_end)
        yield Row(f"{name}, read as of the planned end", DAILY, EVER, count, SEQUENTIAL_RUNS, 0.044, 0.0555)


def count_differences(
    rng: np.random.Generator, plan: AnalysisPlan, read: Callable[[AnalysisPlan, Sequence[Cell]], Sequence[Cell]]
) -> int:
    """Return how many experiments on equals are ever found different, when each day's look is at what `read` leaves of the cells."""
    units = np.array([cell.units for cell in DAYS], float)
    z = np.cumsum(rng.normal(0, 1, (SEQUENTIAL_RUNS, len(DAYS))) * np.sqrt(units), axis=1) / np.sqrt(np.cumsum(units))
    found = np.zeros(SEQUENTIAL_RUNS, bool)
    for day in range(1, len(DAYS) + 1):
        seen = read(plan, DAYS[:day])
        look = choose_look(plan, seen, sum(cell.units for cell in seen))
        if isinstance(look, GroupSequential):
            found |= np.abs(z[:, len(seen) - 1]) > look.boundary
        elif find_end(plan, DAYS[:day]) is not None:
            found |= np.abs(z[:, len(seen) - 1]) > Z_95
    return int(found.sum())


def read_until_end(plan: AnalysisPlan, cells: Sequence[Cell]) -> Sequence[Cell]:
    return until(cells, find_end(plan, cells))


def read_all(_plan: AnalysisPlan, cells: Sequence[Cell]) -> Sequence[Cell]:
    return cells


def negative_controls(rng: np.random.Generator) -> Iterator[Row]:
    control, treatment = draw(rng, 360, 1.0), draw(rng, 40, 2.0)
    pooled = (359 * control.variance + 39 * treatment.variance) / 398
    t = (treatment.mean - control.mean) / np.sqrt(pooled * (1 / 360 + 1 / 40))
    setting = "variances 1 and 4, 90/10"
    yield rejections("NEGATIVE CONTROL: pooled t", setting, 2 * stats.t.sf(np.abs(t), 398))
    count = int((np.abs(walks(rng)) > Z_95).any(axis=1).sum())
    yield Row(
        "NEGATIVE CONTROL: plain z, peeking",
        f"{LOOKS} looks",
        EVER,
        count,
        SEQUENTIAL_RUNS,
        0.044,
        0.0555,
    )
    for name, plan in PLANS.items():
        count = count_differences(rng, plan, read_all)
        yield Row(
            f"NEGATIVE CONTROL: {name}, read anew past the end", DAILY, EVER, count, SEQUENTIAL_RUNS, 0.044, 0.0555
        )


def main() -> int:
    rows = list(all_rows(np.random.default_rng(20_261_123)))
    lines = [
        "# Calibration",
        "",
        "How often each method is wrong when it should be, over simulated experiments on equals. `make calibrate` makes this page. A",
        "sound method leaves its band once in a thousand runs; the negative controls are methods that are known to fail, and must.",
        "",
        "| method | setting | what is counted | found | band | |",
        "|---|---|---|---|---|---|",
    ]
    is_sound = True
    for row in rows:
        fails = row.method.startswith("NEGATIVE")
        is_sound &= row.is_inside is not fails
        verdict = (
            ("falls out, as it must" if fails else "inside")
            if row.is_inside is not fails
            else "**NOT AS IT SHOULD BE**"
        )
        found = f"{row.count:,} of {row.runs:,} ({100 * row.count / row.runs:.2f} %)"
        band = f"{100 * row.low:.2f}–{100 * row.high:.2f} %"
        lines.append(f"| {row.method} | {row.setting} | {row.what} | {found} | {band} | {verdict} |")
    page = "\n".join(lines) + "\n"
    PAGE.write_text(page, encoding="utf-8")
    print(page)
    return 0 if is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
