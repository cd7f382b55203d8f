"""Guardrails: whether a treatment does no harm beyond a margin."""

from signpost.analysis.answers import Missing
from signpost.analysis.confidence_sequence import ConfidenceSequence
from signpost.analysis.contrasts import Contrast
from signpost.analysis.looks import Look, negate
from signpost.analysis.results import Judgement
from signpost.model.metrics import Direction


def judge_guardrail(
    contrast: Contrast[float], direction: Direction, margin: float, look: Look, alpha: float
) -> Judgement | Missing:
    """Return whether more than the margin (a share of the control's value) was lost.

    `HELD` is non-inferiority: the plan's way of looking shows, on one side at half of alpha, that the loss is under the margin.
    `HARMED` is that it is over it, by the one-sided confidence sequence, so that it can be asked at any moment whatever the plan is:
    an alarm can't wait for the planned end.
    """
    worst = -margin if direction is Direction.INCREASE else margin
    room = contrast.beyond(worst)
    room = room if direction is Direction.INCREASE else negate(room)
    if ConfidenceSequence(alpha).p_above(negate(room)).value < alpha:
        return Judgement.HARMED
    return Judgement.HELD if look.p_above(room).value < alpha / 2 else Judgement.NOT_SHOWN_YET
