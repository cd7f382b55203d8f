"""Answers in bodies: a number with its method, or the reason why there is none."""

from typing import Annotated

from pydantic import Field, FiniteFloat

from signpost.analysis.answers import Estimate, Loss, Missing, MissingCode, PValue
from signpost.api.wire.common import ReplyBody

Ratio = Annotated[FiniteFloat, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class MissingReply(ReplyBody):
    """There is no number, and this is why."""

    missing: MissingCode = Field(description="Why, for programs.")
    reason: str = Field(description="Why, in words.", examples=["No unit has been exposed to this variation yet."])


class EstimateReply(ReplyBody):
    """A number with its confidence interval."""

    value: FiniteFloat
    ci_lower: FiniteFloat
    ci_upper: FiniteFloat
    confidence_level: Ratio
    method: str = Field(description="How the interval was computed.", examples=["Newcombe hybrid score interval"])


class LossReply(ReplyBody):
    """A cost and how it was computed."""

    value: FiniteFloat = Field(ge=0)
    method: str


class PValueReply(ReplyBody):
    """How probable a result at least this extreme is when there is no difference."""

    value: Ratio
    method: str = Field(examples=["two-sided z-test with pooled variance"])


def render_estimate(estimate: Estimate | Missing) -> EstimateReply | MissingReply:
    """Return an estimate, or why there is none."""
    if isinstance(estimate, Missing):
        return render_missing(estimate)
    return EstimateReply(
        value=estimate.value,
        ci_lower=estimate.ci_lower,
        ci_upper=estimate.ci_upper,
        confidence_level=estimate.confidence_level,
        method=estimate.method,
    )


def render_p_value(p_value: PValue | Missing) -> PValueReply | MissingReply:
    """Return a p-value, or why there is none."""
    if isinstance(p_value, Missing):
        return render_missing(p_value)
    return PValueReply(value=p_value.value, method=p_value.method)


def render_loss(loss: Loss | Missing) -> LossReply | MissingReply:
    """Return a loss, or why there is none."""
    return render_missing(loss) if isinstance(loss, Missing) else LossReply(value=loss.value, method=loss.method)


def render_missing(missing: Missing) -> MissingReply:
    """Return why there is no number."""
    return MissingReply(missing=missing.code, reason=missing.message)
