"""Whose id the unit is: of the device or of the account that asks, or what both stand for since they were linked."""

from typing import NamedTuple

from signpost.model.experiments import Subject


class Who(NamedTuple):
    """Who asks, as far as it is known.

    `linked_unit` is what the account, or else the device, stands for since its first link; None where there was none, or
    where nobody looked because no experiment asks for it. `is_link_known` is False where that could not be found out.
    """

    device_id: str | None
    account_id: str | None = None
    linked_unit: str | None = None
    is_link_known: bool = True

    def unit_of(self, subject: Subject) -> str | None:
        """Return the id that is randomised, None where it is not known."""
        match subject:
            case Subject.DEVICE:
                return self.device_id
            case Subject.ACCOUNT:
                return self.account_id
            case Subject.FIRST_TOUCH:
                return (self.linked_unit or self.device_id) if self.is_link_known else None
