"""Metrics that a command is given by name, with the role in which they are named."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from signpost.cli.options import CommandError
from signpost.model.metric_catalogue import CATALOGUE
from signpost.model.metrics import Metric, Role, find_faults

MARGIN = "write the name, a colon, and a share between 0 and 1: logins:0.02."


def choose_metrics(
    decisions: Sequence[str], guardrails: Sequence[str], looks: Sequence[str], file: Path | None
) -> tuple[Metric, ...]:
    """Return the metrics of these names, out of the file or the catalogue; a guardrail may have its margin behind a colon.

    Raises:
        CommandError: there is no such metric, or it is named twice, or the file is not right.
    """
    known = {metric.name: metric for metric in (*CATALOGUE, *([] if file is None else _read(file)))}
    chosen = [replace(_find(known, name), role=Role.DECISION) for name in decisions]
    for text in guardrails:
        name, share = split_margin(text)
        metric = _find(known, name)
        if share is None and metric.margin is None:
            raise CommandError(f"--guardrail {text}: {MARGIN}")
        chosen.append(replace(metric, role=Role.GUARDRAIL, margin=share or metric.margin))
    chosen += [replace(_find(known, name), role=Role.EXPLORATORY) for name in looks]
    names = [metric.name for metric in chosen]
    for name in names:
        if names.count(name) > 1:
            raise CommandError(f"{name} is there twice.")
    return tuple(chosen)


def split_margin(text: str) -> tuple[str, float | None]:
    """Return a name and the share behind its colon; the whole text and None where there is no share between 0 and 1."""
    name, _, margin = text.rpartition(":")
    try:
        share = float(margin)
    except ValueError:
        return text, None
    return (name, share) if name and 0 < share < 1 else (text, None)


def _read(file: Path) -> list[Metric]:
    from signpost.api.wire.metrics import MetricsFile  # noqa: PLC0415 only what reads files needs it
    from signpost.cli.toml_files import read_file, refuse_file  # noqa: PLC0415

    read = [body.parse() for body in read_file(file, MetricsFile).metrics]
    faults = [f"metrics[{i}].{fault}" for i, metric in enumerate(read) for fault in find_faults(metric)]
    if faults:
        refuse_file(file, faults)
    return read


def _find(known: Mapping[str, Metric], name: str) -> Metric:
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        raise CommandError(f"There is no metric {name}." + (f" Did you mean {near[0]}?" if near else ""))
    return known[name]
