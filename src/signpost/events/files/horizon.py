"""Up to where nothing will be kept any more: where the log may be read, and sealed."""

from contextlib import closing
from pathlib import Path

from signpost.events.files.readers import Readers, newest_id
from signpost.events.files.seats import Stamps, is_settled


def find_horizon(folder: Path, readers: Readers, stamps: Stamps | None = None) -> int:
    """Return an id up to which everything that will ever be kept is committed; see `seats`.

    What is chosen after the stamps are read is greater than what they say. What was chosen before it is committed when its
    writer's lock has been free once.
    """
    if stamps is None:
        with closing(Stamps(folder)) as opened:
            horizon = opened.greatest()
    else:
        horizon = stamps.greatest()
    for writer in readers.writers():
        if not is_settled(folder, writer):
            with readers.open(writer) as connection:
                horizon = min(horizon, 0 if connection is None else newest_id(connection))
    return horizon
