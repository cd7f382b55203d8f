"""What callers can do with metrics. Plans hold copies, so a metric may be changed or removed while experiments are judged by it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from signpost.model import limits
from signpost.model.errors import (
    Kind,
    MetricInvalidError,
    MetricLimitError,
    NameTakenError,
    NotFoundError,
    NotModifiableError,
)
from signpost.model.ids import IdKind
from signpost.model.metric_catalogue import CATALOGUE, find_built_in
from signpost.model.metrics import Metric, find_faults
from signpost.model.own_metrics import OwnMetric
from signpost.ports.store import Workspace
from signpost.usecases.call import Call


@dataclass(frozen=True, slots=True)
class KnownMetric:
    """A metric that plans can name; `own` is None for those that come built in."""

    metric: Metric
    own: OwnMetric | None = None


def list_metrics(call: Call) -> tuple[KnownMetric, ...]:
    """Return the built-in metrics, and after them the tenant's own in the order in which they were made."""
    with call.reading() as tenant:
        own = tenant.metrics.all()
    return (*map(KnownMetric, CATALOGUE), *(KnownMetric(known.metric, known) for known in own))


def get_metric(call: Call, name: str) -> KnownMetric:
    """Return a metric.

    Raises:
        NotFoundError: there is none of this name.
    """
    with call.reading() as tenant:
        return find_metric(tenant, name)


def create_metric(call: Call, metric: Metric) -> KnownMetric:
    """Create a metric of the tenant's own.

    Raises:
        MetricInvalidError: it can't be computed.
        NameTakenError: another metric has the name, or one that comes built in.
        MetricLimitError: the tenant has as many as it may have.
    """
    with call.writing() as tenant:
        return _add(tenant, call, metric)


def keep_metrics(call: Call, metrics: Sequence[Metric], *, may_replace: bool = False) -> tuple[str, ...]:
    """See to it that the tenant has these metrics as they are here, all or nothing; return the names of those that were not.

    Raises:
        MetricInvalidError: one can't be computed.
        NameTakenError: one has the name of another that differs and may not be replaced, or of a built-in one.
        MetricLimitError: the tenant would have more than it may have.
    """
    written = []
    with call.writing() as tenant:
        for metric in metrics:
            own = tenant.metrics.find(metric.name)
            if own is None:
                _add(tenant, call, metric)
            elif own.metric == metric:
                continue
            elif may_replace:
                _replace(tenant, call, own, metric)
            else:
                raise NameTakenError(Kind.METRIC)
            written.append(metric.name)
    return tuple(written)


def update_metric(call: Call, name: str, change: Callable[[Metric], Metric]) -> KnownMetric:
    """Change a metric into what `change` makes of it; plans that hold a copy stay as they are.

    Raises:
        NotFoundError: there is none of this name.
        NotModifiableError: it comes built in.
        MetricInvalidError: it could not be computed any more.
        NameTakenError: another metric has the name, or one that comes built in.
    """
    with call.writing() as tenant:
        own = find_metric(tenant, name).own
        if own is None:
            raise NotModifiableError(Kind.METRIC)
        changed = change(own.metric)
        return KnownMetric(own.metric, own) if changed == own.metric else _replace(tenant, call, own, changed)


def remove_metric(call: Call, name: str) -> None:
    """Remove a metric; one that is not there is removed already. Plans that hold a copy go on with it.

    Raises:
        NotModifiableError: it comes built in.
    """
    if find_built_in(name) is not None:
        raise NotModifiableError(Kind.METRIC)
    with call.writing() as tenant:
        own = tenant.metrics.find(name)
        if own is not None:
            tenant.metrics.remove(own.id)


def find_metric(tenant: Workspace, name: str) -> KnownMetric:
    """Return the metric, or raise `NotFoundError`."""
    built_in = find_built_in(name)
    if built_in is not None:
        return KnownMetric(built_in)
    own = tenant.metrics.find(name)
    if own is None:
        raise NotFoundError(Kind.METRIC)
    return KnownMetric(own.metric, own)


def _add(tenant: Workspace, call: Call, metric: Metric) -> KnownMetric:
    _check(metric)
    if len(tenant.metrics.all()) >= limits.METRICS_MAX:
        raise MetricLimitError(limits.METRICS_MAX)
    now = call.clock.now()
    own = OwnMetric(call.ids.make_id(IdKind.METRIC), metric, now, now)
    tenant.metrics.add(own)
    return KnownMetric(metric, own)


def _replace(tenant: Workspace, call: Call, own: OwnMetric, metric: Metric) -> KnownMetric:
    _check(metric)
    changed = replace(own, metric=metric, updated_at=call.clock.now())
    tenant.metrics.replace(changed)
    return KnownMetric(metric, changed)


def _check(metric: Metric) -> None:
    faults = find_faults(metric)
    if faults:
        raise MetricInvalidError(faults)
    if find_built_in(metric.name) is not None:
        raise NameTakenError(Kind.METRIC)
