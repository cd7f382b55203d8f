"""`details.experiment`: what an event of a log says of the experiment that it belongs to."""

import msgspec


class ExperimentDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """`details.experiment` of every event that belongs to an experiment."""

    experiment_id: str
    variation_id: str
    is_control: bool
    allocation_strategy: str
    segment_id: str | None = None
    is_forced: bool = False
