"""Comparing without regard to case: Unicode simple case folding, one code point at a time, no normalisation.

Chosen because it is the same everywhere: a table (`CaseFolding.txt`, status C and S) that Unicode promises not to change for
characters that exist, no locale, no context (lower-casing turns a final Σ into ς and others into σ), no change of length (so
that a prefix stays a prefix), and other languages have it: Go's `strings.EqualFold`, JavaScript's `/iu`, RE2, ICU.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import product

EXTRA_SPELLINGS = {"k": "\u212a", "s": "\u017f"}
"""The code points outside ASCII that fold to a letter inside it: the Kelvin sign and the long s."""


def fold(text: str) -> str:
    """Return the text folded; two texts are the same without regard to case when they fold to the same."""
    return text.lower() if text.isascii() else "".join(map(_fold_one, text))


def spell_out(values: Sequence[str], *, at_most: int) -> frozenset[str] | None:
    """Return every text that folds to one of these folded values, or None where there are more than `at_most`.

    So a comparison that is asked often needs no folding: `fold(x) in values` is `x in spell_out(values)`.
    """
    if not all(map(str.isascii, values)):
        return None
    words = [[_spell_one(character) for character in value] for value in values]
    if sum(reduce(lambda count, spellings: count * len(spellings), word, 1) for word in words) > at_most:
        return None
    return frozenset("".join(spelling) for word in words for spelling in product(*word))


def _fold_one(character: str) -> str:
    """Fold a code point. Where full folding would make several of it, simple folding is its lower case, or itself."""
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


def _spell_one(folded: str) -> str:
    return folded + folded.upper() + EXTRA_SPELLINGS.get(folded, "") if folded.isalpha() else folded
