"""The kinds of things: their columns, and the questions that only one kind is asked."""

from typing import Any

from sqlalchemy import ColumnElement, delete, exists, insert, select

from signpost.model.actions import Action
from signpost.model.errors import Kind
from signpost.model.experiments import Experiment, ExperimentStatus
from signpost.model.flags import Flag, FlagStatus, Origin
from signpost.model.log_streams import LogStream
from signpost.model.own_metrics import OwnMetric
from signpost.model.segments import Segment
from signpost.model.tenants import Client
from signpost.model.variations import Variation
from signpost.ports.paging import Page, PageRequest
from signpost.storage.sql import tables
from signpost.storage.sql.rows import Rows


class Variations(Rows[Variation]):
    """Variations; a name is unique among those of one flag."""

    table, kind, type = tables.variations, Kind.VARIATION, Variation

    def columns(self, entity: Variation) -> dict[str, Any]:
        return {"flag_id": entity.flag_id}

    def rivals(self, entity: Variation) -> ColumnElement[bool]:
        return (self.table.c.tenant_id == self._tenant_id) & (self.table.c.flag_id == entity.flag_id)

    def of_flag(self, flag_id: str) -> tuple[Variation, ...]:
        return self._select(self.table.c.flag_id == flag_id)


class Flags(Rows[Flag]):
    """Flags; removing one removes its variations."""

    table, kind, type = tables.flags, Kind.FLAG, Flag

    def columns(self, entity: Flag) -> dict[str, Any]:
        return {"type": entity.type, "status": entity.status}

    def list(self, page: PageRequest, *, type: Origin | None = None, status: FlagStatus | None = None) -> Page[Flag]:
        wanted = ((self.table.c.type, type), (self.table.c.status, status))
        return self._page(page, *(column == value for column, value in wanted if value is not None))

    def remove(self, entity_id: str) -> None:
        variations = Variations(self._connection, self._tenant_id, self._changes)
        for variation in variations.of_flag(entity_id):
            variations.remove(variation.id)
        super().remove(entity_id)


class Segments(Rows[Segment]):
    """Segments."""

    table, kind, type = tables.segments, Kind.SEGMENT, Segment

    def columns(self, entity: Segment) -> dict[str, Any]:
        return {"type": entity.type}

    def list(self, page: PageRequest, *, type: Origin | None = None) -> Page[Segment]:
        return self._page(page, *(self.table.c.type == value for value in (type,) if value is not None))


class Metrics(Rows[OwnMetric]):
    """Metrics of the tenant's own."""

    table, kind, type = tables.metrics, Kind.METRIC, OwnMetric

    def columns(self, entity: OwnMetric) -> dict[str, Any]:
        return {}

    def find(self, name: str) -> OwnMetric | None:
        found = self._select(self.table.c.name == name)
        return found[0] if found else None


class LogStreams(Rows[LogStream]):
    """Log streams."""

    table, kind, type = tables.log_streams, Kind.LOG_STREAM, LogStream

    def columns(self, entity: LogStream) -> dict[str, Any]:
        return {}


class Actions(Rows[Action]):
    """Actions."""

    table, kind, type = tables.actions, Kind.ACTION, Action

    def columns(self, entity: Action) -> dict[str, Any]:
        return {}


class Clients(Rows[Client]):
    """Clients; any may have any name."""

    table, kind, type = tables.clients, Kind.CLIENT, Client

    def columns(self, entity: Client) -> dict[str, Any]:
        return {}

    def rivals(self, entity: Client) -> None:
        return None


class Experiments(Rows[Experiment]):
    """Experiments, with a table beside them that finds who refers to a variation or a segment."""

    table, kind, type = tables.experiments, Kind.EXPERIMENT, Experiment

    def columns(self, entity: Experiment) -> dict[str, Any]:
        seat = "" if entity.exclusion_group is None else entity.id
        return {"flag_id": entity.flag_id, "flow": entity.flow, "status": entity.status, "seat": seat}

    def list(
        self,
        page: PageRequest,
        *,
        status: ExperimentStatus | None = None,
        flow: str | None = None,
        flag_id: str | None = None,
    ) -> Page[Experiment]:
        is_wanted = (
            self.table.c.status == status if status is not None else self.table.c.status != ExperimentStatus.ARCHIVED
        )
        wanted = ((self.table.c.flow, flow), (self.table.c.flag_id, flag_id))
        return self._page(page, is_wanted, *(column == value for column, value in wanted if value is not None))

    def active_or_paused(self) -> tuple[Experiment, ...]:
        return self._select(self.table.c.status.in_((ExperimentStatus.ACTIVE, ExperimentStatus.PAUSED)))

    def uses_flag(self, flag_id: str) -> bool:
        is_used = exists().where(
            self.table.c.tenant_id == self._tenant_id,
            self.table.c.flag_id == flag_id,
            self.table.c.status != ExperimentStatus.ARCHIVED,
        )
        return bool(self._connection.scalar(select(is_used)))

    def uses_variation(self, variation_id: str) -> bool:
        return self._refers(tables.allocations.c.variation_id == variation_id)

    def uses_segment(self, segment_id: str) -> bool:
        return self._refers(tables.allocations.c.segment_id == segment_id)

    def add(self, entity: Experiment) -> None:
        super().add(entity)
        self._refer(entity)

    def replace(self, entity: Experiment) -> None:
        super().replace(entity)
        self._forget(entity.id)
        self._refer(entity)

    def remove(self, entity_id: str) -> None:
        super().remove(entity_id)
        self._forget(entity_id)

    def _refers(self, condition: ColumnElement[bool]) -> bool:
        is_referred = exists().where(tables.allocations.c.tenant_id == self._tenant_id, condition)
        return bool(self._connection.scalar(select(is_referred)))

    def _refer(self, entity: Experiment) -> None:
        if entity.status is ExperimentStatus.ARCHIVED or not entity.allocations:
            return
        rows = [
            {
                "tenant_id": self._tenant_id,
                "experiment_id": entity.id,
                "variation_id": allocation.variation_id,
                "segment_id": allocation.segment_id,
            }
            for allocation in entity.allocations
        ]
        self._connection.execute(insert(tables.allocations), rows)

    def _forget(self, entity_id: str) -> None:
        table = tables.allocations
        self._connection.execute(
            delete(table).where(table.c.tenant_id == self._tenant_id, table.c.experiment_id == entity_id)
        )
