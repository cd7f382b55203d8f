"""What a reader of results must know before believing them, in sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.comparison import Comparison
from signpost.analysis.sample_ratio import SampleRatio
from signpost.model.experiments import Experiment, ExperimentStatus, Strategy
from signpost.ports.events import ExperimentSums


class NoteCode(StrEnum):
    """What a note is about."""

    NOT_STARTED = "not_started"
    NO_UNITS = "no_units"
    SAMPLE_RATIO_MISMATCH = "sample_ratio_mismatch"
    RATIO_CHANGED = "ratio_changed"
    NOT_RANDOMISED = "not_randomised"
    DRIFTED_UNITS = "drifted_units"
    SEVERAL_TREATMENTS = "several_treatments"
    ONE_LOOK = "one_look"


@dataclass(frozen=True, slots=True)
class Note:
    """A code for programs, a sentence for people."""

    code: NoteCode
    message: str


def take_notes(
    experiment: Experiment,
    sums: ExperimentSums,
    sample_ratio: SampleRatio | Missing,
    comparisons: Sequence[Comparison],
) -> tuple[Note, ...]:
    """Return the notes on a result, the gravest first."""
    if experiment.status is ExperimentStatus.DRAFT:
        return (Note(NoteCode.NOT_STARTED, "The experiment is a draft: it has results once it has been active."),)
    if not any(cell.exposed for cell in sums.cells) and not sums.drifted_units:
        return (Note(NoteCode.NO_UNITS, "No unit has been exposed yet."),)
    notes = [_note_ratio(sample_ratio), _note_randomisation(experiment), _note_drift(sums)]
    tested = sum(isinstance(comparison.p_value, PValue) for comparison in comparisons)
    if tested > 1:
        message = (
            f"{tested} treatments are compared with the control: conclusions use p-values adjusted for that, "
            "intervals hold for each comparison by itself."
        )
        notes.append(Note(NoteCode.SEVERAL_TREATMENTS, message))
    if tested:
        message = (
            "The numbers hold for one look at a moment chosen beforehand. Looking 14 times and stopping at "
            "the first p-value under 5 % finds a difference in 22 % of comparisons of equals."
        )
        notes.append(Note(NoteCode.ONE_LOOK, message))
    return tuple(note for note in notes if note is not None)


def _note_ratio(sample_ratio: SampleRatio | Missing) -> Note | None:
    if isinstance(sample_ratio, SampleRatio):
        if not sample_ratio.is_mismatch:
            return None
        message = (
            "The variations did not get the shares that were planned: something loses units of one variation "
            "more than of another. Find it before you read any difference."
        )
        return Note(NoteCode.SAMPLE_RATIO_MISMATCH, message)
    match sample_ratio.code:
        case MissingCode.UNPLANNED_UNITS:
            return Note(NoteCode.SAMPLE_RATIO_MISMATCH, sample_ratio.message)
        case MissingCode.RATIO_CHANGED:
            message = f"{sample_ratio.message} Pooled, they can even show the wrong sign, so nothing is compared."
            return Note(NoteCode.RATIO_CHANGED, message)
        case _:
            return None


def _note_randomisation(experiment: Experiment) -> Note | None:
    if experiment.strategy is not Strategy.SEGMENT:
        return None
    message = (
        "Segments decided who got what, not chance: the differences describe the segments' people as well as "
        "the variations, so no conclusion is drawn."
    )
    return Note(NoteCode.NOT_RANDOMISED, message)


def _note_drift(sums: ExperimentSums) -> Note | None:
    if not sums.drifted_units:
        return None
    what = "1 unit was" if sums.drifted_units == 1 else f"{sums.drifted_units:,} units were"
    return Note(NoteCode.DRIFTED_UNITS, f"{what} exposed to more than one variation and left out.")
