"""What views and templates see: the experiment that a request is in, decided when it is asked for."""

from typing import Any

from signpost.client import Decision
from signpost.middleware.journeys import Journey
from signpost.model.json import JsonValue


class Experiment:
    """The experiment of a request's flow. True where the device is in one, else false, with an empty `config`.

    Nothing is decided before something is asked. Asking anything but `decision` and `unit` is taken as showing what is answered:
    it records the exposure, once for each request and flow. That goes for asking whether there is an experiment, too, because a
    device that is held out of all experiments is asked nothing more, and has to be counted at the same place as the others.
    """

    __slots__ = ("_flow", "_journey")

    do_not_call_in_templates = True  # Django's templates would call what can be called

    def __init__(self, journey: Journey, flow: str | None = None) -> None:
        self._journey = journey
        self._flow = flow

    def __call__(self, flow: str) -> "Experiment":
        """Return the experiment of another flow than the path's."""
        return Experiment(self._journey, flow)

    def enter(self, flow: str) -> None:
        """Say for the rest of the request which flow it is in, whatever its path."""
        self._journey.flow = flow

    def __bool__(self) -> bool:
        """Whether the device is in an experiment."""
        return self.experiment_id is not None

    @property
    def experiment_id(self) -> str | None:
        """The experiment, None where the device is in none."""
        decision = self._use()
        return decision.experiment_id if decision else None

    @property
    def variation_id(self) -> str | None:
        """The variation that is shown."""
        decision = self._use()
        return decision.variation_id if decision else None

    @property
    def variation_name(self) -> str | None:
        """Its name."""
        decision = self._use()
        return decision.variation_name if decision else None

    @property
    def is_control(self) -> bool:
        """Whether it is the control; false also where the device is in no experiment."""
        decision = self._use()
        return decision is not None and decision.is_control

    @property
    def config(self) -> dict[str, JsonValue]:
        """Every parameter's value by its name; empty where the device is in no experiment."""
        decision = self._use()
        return decision.config if decision else {}

    def as_context(self) -> dict[str, Any] | None:
        """Return `experiment` as Auth0's page templates have it, None where the device is in no experiment."""
        decision = self._use()
        if decision is None or not decision.is_enrolled:
            return None
        return {
            "experiment_id": decision.experiment_id,
            "variation_id": decision.variation_id,
            "variation_name": decision.variation_name,
            "config": {name: {"value": value} for name, value in decision.config.items()},
            "is_control": decision.is_control,
        }

    @property
    def decision(self) -> Decision | None:
        """All that is known of the decision, None where nothing could be decided. Looking at it records nothing."""
        return self._journey.decide(self._flow)

    @property
    def unit(self) -> str | None:
        """The device's id, for events of this device; None where it has none and needs none. Asking never makes one."""
        return self._journey.unit

    def __repr__(self) -> str:
        return f"<Experiment of {self._flow or 'the path'}>"  # decides nothing, whoever prints it

    def _use(self) -> Decision | None:
        return self._journey.use(self._flow)
