"""COCO's compressed run lengths: each number as its difference from the last but one, five bits a character."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["compressed", "decompressed"]

_BITS = 5
_LONGEST_NUMBER = 12
# Characters: 60 bits, far more than any image has pixels, and still within 64.


def decompressed(text: str) -> NDArray[np.int64]:
    """Numbers of COCO's compressed string, all decoded at once.

    Raises
    ------
    ValueError
        A character that is none of the format's, a number that does not end, or one of more than 60 bits.

    Examples
    --------
    >>> decompressed("132").tolist()
    [1, 3, 2]
    """
    characters = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.int64) - ord("0")
    strange = (characters < 0) | (characters > 63)
    if strange.any():
        place = int(np.argmax(strange))
        raise ValueError(f"expected characters from '0' to 'o' in compressed counts, got {text[place]!r} at {place}")
    if not len(characters):
        return characters
    ends = np.flatnonzero(characters < 32)
    if not len(ends) or ends[-1] != len(characters) - 1:
        raise ValueError(f"expected compressed counts that end with a whole number, got {text[-12:]!r} at their end")
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > _LONGEST_NUMBER:
        place = int(starts[np.argmax(lengths)])
        raise ValueError(f"expected at most {_LONGEST_NUMBER} characters for a number in compressed counts at {place}")
    bit = _BITS * (np.arange(len(characters)) - np.repeat(starts, lengths))
    numbers = np.add.reduceat((characters & 31) << bit, starts)
    numbers -= np.where(characters[ends] & 16, np.int64(1) << (_BITS * lengths), 0)
    # From the fourth on each is the difference from the last but one.
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    return numbers


def compressed(counts: Sequence[int]) -> str:
    """Run lengths as COCO's compressed string.

    >>> compressed([1, 3, 2])
    '132'
    """
    numbers = np.array(counts, dtype=np.int64)
    numbers[3:] -= np.array(counts[1:-2], dtype=np.int64)
    text = []
    for number in numbers.tolist():
        rest = number
        while True:
            bits, rest = rest & 31, rest >> _BITS
            last = rest == (-1 if bits & 16 else 0)
            text.append(chr(ord("0") + (bits if last else bits | 32)))
            if last:
                break
    return "".join(text)
