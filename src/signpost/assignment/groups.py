"""Exclusion groups: which of a group's million slots are an experiment's own, and who decides for whom."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from xxhash import xxh3_64_intdigest

from signpost.assignment.decisions import Decision, Outcome
from signpost.assignment.evaluation import Context, Evaluate
from signpost.assignment.hashing import first_hash
from signpost.model.experiments import Experiment, Span, are_grouped
from signpost.model.limits import SLOTS


@dataclass(frozen=True, slots=True)
class Member:
    """An experiment of a group: the slots that are its own, and how it decides."""

    spans: Sequence[Span]
    evaluate: Evaluate


def claim_spans(experiment: Experiment, others: Iterable[Experiment]) -> tuple[Span, ...]:
    """Return the slots of its group that the experiment's weight asks for, moved as little as can be from what it has.

    It gives up slots from the end of what it has, and takes free ones, lowest first. Call it whenever the experiment is
    activated; `others` are those that are active or paused. Empty where there is no group.

    Raises:
        ValueError: there are not enough free slots.
    """
    group = experiment.exclusion_group
    if group is None:
        return ()
    taken = [
        span
        for other in others
        if are_grouped(experiment, other) and other.exclusion_group
        for span in other.exclusion_group.spans
    ]
    kept = list(_take(_subtract(group.spans, taken), group.weight_slots))
    missing = group.weight_slots - _count(kept)
    added = list(_take(_subtract([Span(0, SLOTS)], [*taken, *kept]), missing))
    if _count(added) < missing:
        raise ValueError(f"{missing - _count(added)} slots of the group are missing")
    return merge_spans([*kept, *added])


def merge_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the same slots in their one form: sorted, without overlap, neighbours merged, nothing outside the million."""
    merged: list[Span] = []
    clipped = (Span(max(span.start, 0), min(span.stop, SLOTS)) for span in spans)
    for span in sorted((span for span in clipped if span.start < span.stop), key=lambda span: span.start):
        if merged and span.start <= merged[-1].stop:
            merged[-1] = Span(merged[-1].start, max(merged[-1].stop, span.stop))
        else:
            merged.append(span)
    return tuple(merged)


def decide_in_group(salt: str, members: Sequence[Member], excluded: Outcome) -> Evaluate:
    """Return how the experiments of a group decide: the unit's slot in the group says which of them is asked, if any is.

    Of several that have a slot, the first one in the sequence is asked. Who is asked decides with its own salt, so that its
    split is independent of the group.
    """
    cuts: list[int] = []
    deciders: list[Evaluate | None] = []
    for start, stop, decides in _lay_out(members):
        cuts += (first_hash(start), first_hash(stop))
        deciders += (decides, None)
    bounds, owners = tuple(cuts), (None, *deciders)

    def evaluate(unit: str, context: Context) -> Decision:
        hashed = xxh3_64_intdigest((salt + unit).encode())
        decide = owners[bisect_right(bounds, hashed)]
        return (excluded, hashed) if decide is None else decide(unit, context)

    return evaluate


def _lay_out(members: Sequence[Member]) -> list[tuple[int, int, Evaluate]]:
    pieces: list[tuple[int, int, Evaluate]] = []
    taken: tuple[Span, ...] = ()
    for member in members:
        own = tuple(_subtract(member.spans, taken))
        pieces += [(span.start, span.stop, member.evaluate) for span in own]
        taken = merge_spans([*taken, *own])
    return sorted(pieces, key=lambda piece: piece[0])


def _subtract(spans: Iterable[Span], taken: Iterable[Span]) -> Iterator[Span]:
    """Yield what is left of the spans, in order."""
    gone = merge_spans(taken)
    for span in merge_spans(spans):
        start = span.start
        for hole in gone:
            if hole.stop <= start or hole.start >= span.stop:
                continue
            if start < hole.start:
                yield Span(start, hole.start)
            start = hole.stop
        if start < span.stop:
            yield Span(start, span.stop)


def _take(spans: Iterable[Span], count: int) -> Iterator[Span]:
    """Yield the first slots of the spans, as many as are asked for and there."""
    for span in spans:
        if count <= 0:
            return
        stop = min(span.stop, span.start + count)
        yield Span(span.start, stop)
        count -= stop - span.start


def _count(spans: Iterable[Span]) -> int:
    return sum(span.stop - span.start for span in spans)
