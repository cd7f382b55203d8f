"""Decisions as parameters of the provider's authorize endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from signpost.assignment import Outcome, Plan
from signpost.gateway.queries import Query, write_field
from signpost.gateway.settings import GatewaySettings
from signpost.model.json import JsonValue
from signpost.runtime.wire import ExperimentContext

TOKEN_ROOM = 600
"""Characters that an assignment token may take."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Arm:
    """What one variation looks like: the fields that are sent, and those of the client's own that give way to them."""

    fields: bytes
    replaced: frozenset[str]
    value_length_max: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one experiment's decisions look like, by variation.

    Whether a request has room for them, and does not say something else itself, is asked for all variations at once: were it
    asked for the one that was decided, those who are left out would be more in one arm than in another.
    """

    arms: Mapping[str, Arm]
    length_max: int
    value_length_max: int
    contested: frozenset[str]
    """Parameters that some variation sets, and that a client's own go before."""

    def fits(self, query: Query, room: int) -> bool:
        """Return whether so many bytes have room for a query with any of the decisions."""
        return not self.arms or len(query.raw) + 1 + self.length_max <= room


NOTHING = Delivery({}, 0, 0, frozenset())


class Deliveries:
    """Writes deliveries, each once for a plan."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._written: tuple[Plan | None, dict[str, Delivery]] = (None, {})

    def of(self, plan: Plan, experiment_id: str | None) -> Delivery:
        """Return what an experiment's decisions look like."""
        if self._written[0] is not plan:
            self._written = plan, {}
        known = self._written[1]
        if experiment_id is None or experiment_id not in plan.experiments:
            return NOTHING
        if experiment_id not in known:
            known[experiment_id] = self._write(plan.experiments[experiment_id].variations)
        return known[experiment_id]

    def token_field(self, token: str) -> bytes:
        """Return the parameter that carries the assignment token, nothing where none does."""
        name = self._settings.decision.get("assignment_token")
        return write_field(name, token) if name else b""

    def _write(self, variations: Mapping[str, Outcome]) -> Delivery:
        settings = self._settings
        arms = {variation_id: self._arm_of(outcome) for variation_id, outcome in variations.items()}
        room = TOKEN_ROOM if "assignment_token" in settings.decision else 0
        named = {name for outcome in variations.values() for name, _ in self._values_of(outcome)}
        return Delivery(
            arms=arms,
            length_max=max((len(arm.fields) for arm in arms.values()), default=0) + room,
            value_length_max=max((arm.value_length_max for arm in arms.values()), default=0),
            contested=frozenset(named.difference(settings.replaces)),
        )

    def _arm_of(self, outcome: Outcome) -> Arm:
        settings = self._settings
        parts = {
            "experiment_id": outcome.experiment_id or "",
            "variation_id": outcome.variation_id or "",
            "variation_name": outcome.variation_name or "",
            "is_control": "true" if outcome.is_control else "false",
        }
        said = [(settings.experiment, _describe(outcome))] if settings.experiment else []
        said += [(name, parts[part]) for part, name in settings.decision.items() if part in parts]
        values = self._values_of(outcome)
        replaced = frozenset(name for name, _ in values).intersection(settings.replaces)
        fields = b"&".join(write_field(name, text) for name, text in (*said, *values))
        return Arm(fields, replaced, max((len(text) for _, text in (*said, *values)), default=0))

    def _values_of(self, outcome: Outcome) -> list[tuple[str, str]]:
        """Return the fields for the values of the flag's parameters; an empty text sets none."""
        names = self._settings.parameters
        written = (
            (names[parameter], write_value(wrapped["value"]))
            for parameter, wrapped in outcome.config.items()
            if parameter in names
        )
        return [(name, text) for name, text in written if text]


def write_value(value: JsonValue) -> str:
    """Return a parameter's value as the text of a field.

    A list of texts is parted by blanks, as `ui_locales` and `acr_values` are; what is no text is JSON.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return _encode(value).decode()


def _describe(outcome: Outcome) -> str:
    context = ExperimentContext(
        outcome.experiment_id or "",
        outcome.variation_id or "",
        outcome.variation_name or "",
        outcome.config,
        outcome.is_control,
    )
    return _encode(context).decode()
