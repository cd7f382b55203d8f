"""Random exposures and events, and the metrics that are measured of them: every aggregation, every option."""

import json
import random
from dataclasses import replace

from signpost.events.tally_rows import EventRow, ExposureRow
from signpost.model.experiments import Subject
from signpost.model.metrics import (
    DAY_MS,
    Aggregation,
    Direction,
    FieldCondition,
    Metric,
    Role,
    Selection,
    Window,
    find_faults,
)
from signpost.ports.events import LINK_TYPE
from signpost.ports.measurements import Question

NOW_MS = 40 * DAY_MS
SIGNED_IN = Selection(("s",))
FAILED = Selection(("f", "fp"))
BY_PASSKEY = Selection(("s",), (FieldCondition("details.method", ("passkey", "l'été", r"a\b")),))


def a_metric(
    name: str = "sign_in_success", aggregation: Aggregation = Aggregation.CONVERSION, **changes: object
) -> Metric:
    metric = Metric(name, "", aggregation, SIGNED_IN, Direction.INCREASE, Role.EXPLORATORY)
    return replace(metric, **changes)  # type: ignore[arg-type]


METRICS = (
    a_metric(covariate_days=14),
    a_metric("passkey_use", events=BY_PASSKEY),
    a_metric("within_an_hour", window=Window(0, 3_600_000)),
    a_metric("failures", Aggregation.COUNT, events=FAILED, covariate_days=7, direction=Direction.DECREASE),
    a_metric("failures_capped", Aggregation.COUNT, events=FAILED, cap=2, covariate_days=7),
    a_metric("failures_winsorised", Aggregation.COUNT, events=FAILED, cap_quantile=0.9),
    a_metric("seconds", Aggregation.SUM, field="details.seconds", covariate_days=30),
    a_metric("time_to_sign_in", Aggregation.DURATION),
    a_metric("time_after_failure", Aggregation.DURATION, base=FAILED, cap=5_000_000),
    a_metric("attempts_per_success", Aggregation.RATIO, events=Selection(("s", "f", "fp")), base=SIGNED_IN),
    a_metric("median_time", Aggregation.QUANTILE, quantile=0.5),
    a_metric("return_7d", Aggregation.RETENTION, window=Window(DAY_MS, 7 * DAY_MS)),
    a_metric("recovered", Aggregation.FUNNEL_STEP, base=FAILED, window=Window(0, 2 * DAY_MS)),
)
assert not [fault for metric in METRICS for fault in find_faults(metric)]

QUESTION = Question(
    experiment_id="exp_1",
    metrics=METRICS,
    as_of_ms=NOW_MS,
    phases=(18 * DAY_MS, 25 * DAY_MS + 7),
    dimensions=("connection", "client_id"),
    cluster="organization_id",
)


def make_rows(seed: int, units: int = 120) -> tuple[list[ExposureRow], list[EventRow]]:
    """Return rows in which everything odd happens: drift, forcing, dates before and after everything, suspected automation."""
    chance = random.Random(seed)
    exposures, events = [], []
    for number in range(units):
        unit = f"device-{number}" if number % 11 else f"appareil-é-{number}"
        variation = chance.choice(["var_a", "var_b", "var_c"])
        first_ms = chance.randrange(15 * DAY_MS, NOW_MS + DAY_MS)
        request = {"connection": chance.choice(["db", "google"]), "client_id": "one"}
        if chance.random() < 0.6:
            request["organization_id"] = f"org-{chance.randrange(9)}"
        for _ in range(chance.choice([1, 1, 2, 4])):
            if chance.random() < 0.2:
                request = {**request, "organization_id": "Org-9"}
            exposures.append(ExposureRow(unit, variation, chance.random() < 0.05, first_ms, request))
            first_ms += chance.choice([0, 1, DAY_MS])
            if chance.random() < 0.08:
                variation = chance.choice(["var_a", "var_b"])
        for _ in range(chance.choice([0, 0, 1, 3, 12])):
            type = chance.choices(["s", "f", "fp", "other", "limit_mu"], [5, 3, 2, 2, 0.3])[0]
            occurred_ms = first_ms + chance.choice([-1, 1, 1]) * int(10 ** chance.uniform(0, 8))
            details = {
                "method": chance.choice(["passkey", "password", "l'été", r"a\b", None, True]),
                "seconds": chance.choice([0, 3, 2.5, 86_400, -1, "12", None, 10**13]),
            }
            kept_ms = chance.choice([None, occurred_ms, occurred_ms + 2 * 3_600_000])
            events.append(EventRow(unit, type, occurred_ms, kept_ms, json.dumps({"details": details}).encode()))
    events.append(EventRow("a stranger", "s", NOW_MS - 1, None, b"{}"))
    return exposures, events


def link_rows(
    seed: int, exposures: list[ExposureRow], events: list[EventRow], subject: Subject
) -> tuple[list[ExposureRow], list[EventRow]]:
    """Return the rows as they are where accounts sign in on devices: shared devices, second devices, lost and late links."""
    chance = random.Random(seed)
    devices = sorted({row.unit for row in exposures})
    accounts = [f"compte-é-{number}" for number in range(len(devices) // 2)]
    used = {device: chance.sample(accounts, chance.choice([0, 1, 1, 1, 2])) for device in devices}
    origins: dict[str, str] = {}
    links = []
    for device, those in used.items():
        for account in those:
            unit = origins.setdefault(account, device)
            body = {"user_id": account, "details": {"link": {"unit": unit}}}
            if chance.random() < 0.9:
                occurred_ms = chance.choice([20 * DAY_MS, chance.randrange(NOW_MS + DAY_MS)])
                links.append(EventRow(device, LINK_TYPE, occurred_ms, None, json.dumps(body).encode()))
    if subject is Subject.ACCOUNT:
        exposures = [row._replace(unit=chance.choice(those)) for row in exposures if (those := used[row.unit])]
    else:
        exposures = [
            row._replace(unit=origins[chance.choice(those)])
            if (those := used[row.unit]) and chance.random() < 0.5
            else row
            for row in exposures
        ]
    found = []
    for event in events:
        body = json.loads(event.body)
        if those := used.get(event.unit, []):
            body["user_id"] = chance.choice([chance.choice(those), None, "", chance.choice(accounts)])
        is_unnamed = chance.random() < 0.3
        found.append(event._replace(unit="" if is_unnamed else event.unit, body=json.dumps(body).encode()))
    return exposures, [*found, *links]
