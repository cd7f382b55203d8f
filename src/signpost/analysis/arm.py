"""What the analysis knows of one variation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arm:
    """The units exposed to one variation, and how many of them had a success.

    Raises:
        ValueError: the counts can't be: negative, or more successes than units.
    """

    units: int
    successes: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.units:
            message = f"{self.successes} successes of {self.units} units can't be"
            raise ValueError(message)

    @property
    def failures(self) -> int:
        """The units without a success."""
        return self.units - self.successes
