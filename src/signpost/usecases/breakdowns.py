"""One metric by the values of a dimension: each segment by itself, against the rest, and all of them against each other."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from signpost.analysis.answers import Estimate, Missing, MissingCode, PValue
from signpost.analysis.cells import Cell, sum_phases
from signpost.analysis.effects import Effect
from signpost.analysis.heterogeneity import compare_effects, compare_with_rest
from signpost.analysis.judging import ArmData, Setting, compare_arms, contrast_arms, describe_arm
from signpost.analysis.results import SegmentHealth, SegmentResult
from signpost.analysis.sample_ratio import sound_alarm
from signpost.model.metrics import Metric

SEGMENTS_MAX = 20
"""Values of a dimension that are shown: those with the most units."""

NOTHING_TO_COMPARE = Missing(MissingCode.TOO_FEW_SEGMENTS, "There is nothing to compare by segment.")
_Values = Mapping[str | None, Sequence[Cell]]
_Effects = list[Effect[float] | Missing]


@dataclass(frozen=True, slots=True)
class Arms:
    """The variations' ids in their order, and the control's if there is one."""

    variation_ids: tuple[str, ...]
    control_id: str | None

    @property
    def treatment_ids(self) -> tuple[str, ...]:
        """All but the control."""
        return tuple(key for key in self.variation_ids if key != self.control_id)


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The segments of a dimension, those with the most units first, and how probable so much difference between them is by chance."""

    segments: tuple[SegmentResult, ...]
    heterogeneity: PValue | Missing


def break_down(
    arms: Arms, breakdowns: Mapping[str, _Values], i: int, metric: Metric, setting: Setting
) -> dict[str, Breakdown]:
    """Return the metric at place i by each dimension that has more than one value."""
    return {
        dimension: _break_down(arms, dimension, values, i, metric, setting)
        for dimension, values in breakdowns.items()
        if len(values) > 1
    }


def check_segments(
    variation_ids: Sequence[str], breakdowns: Mapping[str, _Values], shares: Mapping[str, int]
) -> tuple[SegmentHealth, ...]:
    """Return whether each segment got the planned shares, which must be those of the experiment's only phase."""
    planned = [shares.get(key, 0) for key in variation_ids]
    found = []
    for dimension, values in breakdowns.items():
        for name in _largest(values) if len(values) > 1 else ():
            units = Counter[str]()
            for cell in values[name]:
                units[cell.variation_id] += cell.units
            observed = [units[key] for key in variation_ids]
            found.append(SegmentHealth(dimension, name, sum(observed), sound_alarm([(observed, planned)])))
    return tuple(found)


def _break_down(arms: Arms, dimension: str, values: _Values, i: int, metric: Metric, setting: Setting) -> Breakdown:  # noqa: PLR0917
    if metric.quantile is not None:
        return Breakdown((), NOTHING_TO_COMPARE)
    names = _largest(values)
    data = [_arms_of(arms, values[name], i) for name in names]
    effects = {key: _effects_of(metric, data, arms.control_id, key) for key in arms.treatment_ids}
    segments = tuple(
        SegmentResult(
            dimension=dimension,
            value=name,
            arms=tuple(describe_arm(key, metric, arm) for key, arm in own.items()),
            comparisons=tuple(
                compare_arms(
                    metric,
                    own.get(arms.control_id or ""),
                    {key: arm for key, arm in own.items() if key != arms.control_id},
                    setting,
                )
            ),
            against_rest={key: _against_rest(effects[key], place, setting) for key in arms.treatment_ids},
        )
        for place, (name, own) in enumerate(zip(names, data, strict=True))
    )
    return Breakdown(segments, _compare_all(list(effects.values())))


def _arms_of(arms: Arms, cells: Sequence[Cell], i: int) -> dict[str, ArmData]:
    phases = sum_phases((cell for cell in cells if not cell.is_automated), i)
    return {key: ArmData(phases.get(key, {})) for key in arms.variation_ids}


def _effects_of(metric: Metric, data: Sequence[Mapping[str, ArmData]], control_id: str | None, key: str) -> _Effects:
    """Return the treatment's effect in each segment."""
    if control_id is None:
        return [NOTHING_TO_COMPARE for _ in data]
    found = [contrast_arms(metric, own[control_id], own[key]) for own in data]
    return [one if isinstance(one, Missing) else one.absolute() for one in found]


def _against_rest(effects: _Effects, place: int, setting: Setting) -> Estimate | Missing:
    own = effects[place]
    if isinstance(own, Missing):
        return own
    known = [effect for effect in effects if not isinstance(effect, Missing)]
    difference = compare_with_rest(known, known.index(own))
    return difference if isinstance(difference, Missing) else setting.look.interval(difference)


def _compare_all(effects: Sequence[_Effects]) -> PValue | Missing:
    """Return the smallest p-value of the treatments', times their number (Bonferroni), that all segments have one effect."""
    found = [compare_effects([e for e in of_one if not isinstance(e, Missing)]) for of_one in effects]
    known = [p for p in found if isinstance(p, PValue)]
    if not known:
        return next(iter(found), NOTHING_TO_COMPARE)
    lowest = min(known, key=lambda p: p.value)
    return replace(lowest, value=min(1.0, lowest.value * len(known)))


def _largest(values: _Values) -> list[str | None]:
    def size(value: str | None) -> int:
        return sum(cell.units for cell in values[value])

    return sorted(values, key=lambda value: (-size(value), value is None, value or ""))[:SEGMENTS_MAX]
