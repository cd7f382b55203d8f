"""Links: which device an account was first seen on, and whose unit a device stands for since."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DeviceLink:
    """That an account signed in on a device. `unit` is what the account stands for where the first touch counts, for good."""

    device_id: str
    account_id: str
    unit: str
    at: datetime
