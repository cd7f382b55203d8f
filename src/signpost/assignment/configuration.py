"""Configuration: everything of a tenant that decides, as it is at one revision."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from signpost.assignment.arms import Candidate
from signpost.assignment.flags import KnownFlag
from signpost.assignment.preparation import Prepared, prepare
from signpost.model.experiments import Experiment
from signpost.model.flags import Flag
from signpost.model.holdouts import Holdout
from signpost.model.segments import Segment
from signpost.model.variations import Variation


@dataclass(frozen=True, slots=True)
class Configuration:
    """A tenant's flags, variations, segments and experiments; each in the order in which they were made.

    Without `plain_overrides` only signed overrides are obeyed; that is for those who read overrides out of requests.
    """

    tenant_id: str
    revision: int
    flags: tuple[Flag, ...]
    variations: tuple[Variation, ...]
    segments: tuple[Segment, ...]
    experiments: tuple[Experiment, ...]
    plain_overrides: bool = True
    holdout: Holdout | None = None

    def prepare(self) -> Prepared:
        """Return the plan, and what is to be logged about it; never raises for what is configured."""
        return prepare(self.candidates(), revision=self.revision, flags=self._known_flags(), holdout=self.holdout)

    def candidates(self) -> tuple[Candidate, ...]:
        """Return each experiment with what it runs on: its snapshots, and the living things where it has none yet."""
        flags = {flag.id: flag for flag in self.flags}
        variations = {variation.id: variation for variation in self.variations}
        segments = {segment.id: segment for segment in self.segments}
        return tuple(_candidate(experiment, flags, variations, segments) for experiment in self.experiments)

    def _known_flags(self) -> Iterator[KnownFlag]:
        baselines = {v.flag_id: v for v in reversed(self.variations) if not v.overrides}
        return (KnownFlag(flag, baselines.get(flag.id)) for flag in self.flags)


def _candidate(
    experiment: Experiment,
    flags: Mapping[str, Flag],
    variations: Mapping[str, Variation],
    segments: Mapping[str, Segment],
) -> Candidate:
    frozen_variations = {a.variation_id: a.variation_snapshot for a in experiment.allocations if a.variation_snapshot}
    frozen_segments = {
        a.segment_id: a.segment_snapshot for a in experiment.allocations if a.segment_id and a.segment_snapshot
    }
    wanted = {a.variation_id for a in experiment.allocations}
    targeted = {a.segment_id for a in experiment.allocations if a.segment_id is not None}
    return Candidate(
        experiment=experiment,
        flag=experiment.flag_snapshot or flags.get(experiment.flag_id),
        variations={v: variations[v] for v in wanted if v in variations} | frozen_variations,
        segments={s: segments[s] for s in targeted if s in segments} | frozen_segments,
    )
