"""The cyclic garbage collector, told what a server's memory looks like."""

import gc

YOUNG_MAX = 20_000
"""Objects made and not freed before the collector looks at them. Python's 700 are fewer than the requests under way have,
which leave no cycles behind: it would look at each of them, and find nothing."""


def spare_collector() -> None:
    """Have the collector look less often, and never at what was loaded to begin with; to be called once that is done."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, *gc.get_threshold()[1:])
