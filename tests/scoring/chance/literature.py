"""Data of the literature on agreement.

Ratings are written as one word a task, one character an annotator, "-" where there is no answer. Figures of irrCAC
(Python 0.4.4, after Gwet 2014) are literals because the package is GPL.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scoring.chance.coincidences import Coincidences, Table, tabulate
from scoring.chance.two import PairCounts

# Krippendorff (2011), Computing Krippendorff's alpha-reliability, section A: two observers, binary.
KRIPPENDORFF_A = """
    01 11 01 00 00 01 00 00 10 00
"""

# The same, section B: two observers, nominal.
KRIPPENDORFF_B = """
    ab aa bb bb db cc cc cc ee dd dd ad
"""

# The same, section C: four observers, twelve units, answers missing. irrCAC calls it raw_4raters.
KRIPPENDORFF_C = """
    11-1 2232 3333 3333 2222 1234 4444 1121 2222 -555 --11 -3--
"""

# Wikipedia, Krippendorff's alpha: three coders, fifteen units, answers missing.
WIKIPEDIA = """
    -1- --- -22 -11 -33 334 444 13- 2-2 1-1 1-1 3-3
    3-3 --- 3-4
"""

# Gwet (2014), irrCAC raw_5observers.
FIVE_OBSERVERS = """
    112-2 1101- 2333- -00-0 000-0 000-0 102-1 1-20- 222-2 2111- -100- 0000-
    1222- 33223 111-1
"""

# Gwet (2014), irrCAC raw_gender.
GENDER = """
    aaac aabc aabc aacc abaa baaa bbbb bcbb cccc aaac aabc aabc
    aacc abaa baaa
"""

# Fleiss (1971), table 1: thirty patients, six psychiatrists, five diagnoses; a digit is how many chose the diagnosis.
FLEISS = """
    00060 03003 01401 00006 03030 20400 00402 20310 20040 00006
    10050 11040 03300 10050 02031 00501 30012 51000 02040 10203
    00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""

# Shrout and Fleiss (1979), table 2: six targets, four judges.
SHROUT_FLEISS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

# Contingency tables of two annotators: rows the first, columns the second.
COHEN_1968 = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
SAS = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
SAS_SKIN = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]
GWET_2008 = [[118, 5], [2, 0]]
FEINSTEIN_HIGH = [[80, 10], [5, 5]]
FEINSTEIN_LOW = [[40, 9], [6, 45]]


def codes(words: str) -> tuple[NDArray[np.int64], list[str]]:
    """The matrix of codes (-1 missing) and the labels of written ratings."""
    labels = sorted(set(words) - set("- \n"))
    return np.array([[labels.index(c) if c != "-" else -1 for c in word] for word in words.split()]), labels


def rated(words: str) -> Table:
    """The table of written ratings; digits become numbers."""
    matrix, labels = codes(words)
    return tabulate(matrix, [int(label) if label.isdigit() else label for label in labels])


def psychiatrists() -> Coincidences:
    """Fleiss' data."""
    seen = Coincidences()
    for word in FLEISS.split():
        seen.add({diagnosis: int(n) for diagnosis, n in enumerate(word)})
    return seen


def pairs(table: Sequence[Sequence[int]]) -> PairCounts:
    """A contingency table as the counts of two annotators."""
    return PairCounts({(i, j): n for i, row in enumerate(table) for j, n in enumerate(row)})


def both(table: Sequence[Sequence[int]]) -> Table:
    """A contingency table as tasks with two answers."""
    seen = Coincidences()
    for i, row in enumerate(table):
        for j, n in enumerate(row):
            seen.add({i: 1, j: 1} if i != j else {i: 2}, tasks=n)
    return seen.table(range(len(table)))
