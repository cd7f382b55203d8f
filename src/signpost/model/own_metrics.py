"""Metrics that a tenant has made for itself."""

from dataclasses import dataclass
from datetime import datetime

from signpost.model.metrics import Metric


@dataclass(frozen=True, slots=True)
class OwnMetric:
    """A metric, and since when it is there. It goes by its name; the id is for the audit trail."""

    id: str
    metric: Metric
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """The metric's name, unique in the tenant."""
        return self.metric.name
