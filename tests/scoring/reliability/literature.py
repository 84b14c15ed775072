"""Data and figures of the literature on reliability."""

from __future__ import annotations

from scoring.reliability.answers import Answers

# Dawid and Skene (1979), table 1: one word a patient, the class (1..4) by observer 1 (three readings), 2, 3, 4 and 5.
# Patient 7, observer 1 is given as 1, 1, 2 by another copy of the table (R package rater); the published trace below
# belongs to this one.
ANAESTHETISTS = """
    1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223
    2322223 4444444 2223343 1111111 2223212 1211111 1112111 1111111 1111111
    2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222
    1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343
    2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222
"""

OBSERVERS = [0, 0, 0, 1, 2, 3, 4]

# The log-likelihood after each of the first 15 iterations: alexandry-augustin/dawid_skene, out/original_paper.
PUBLISHED_TRACE = [
    -205.091138294,
    -194.550952357,
    -193.159445492,
    -192.942423964,
    -192.909310160,
    -192.897593567,
    -192.893351421,
    -192.891803040,
    -192.891229496,
    -192.891014022,
    -192.890932178,
    -192.890900851,
    -192.890888800,
    -192.890884150,
    -192.890882351,
]

# Table 4 of the paper, error rates of the observers (rows: the true class), to two decimals, from the same run.
PUBLISHED_ERROR_RATES = [
    [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]],
    [[0.83, 0.17, 0, 0], [0.05, 0.63, 0.31, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
    [[1, 0, 0, 0], [0.11, 0.79, 0.11, 0], [0, 0.4, 0.2, 0.4], [0, 0, 0.67, 0.33]],
    [[0.94, 0.06, 0, 0], [0.05, 0.84, 0.1, 0], [0, 0, 0.8, 0.2], [0, 0, 0.33, 0.67]],
    [[1, 0, 0, 0], [0.16, 0.73, 0.11, 0], [0, 0.21, 0.79, 0], [0, 0, 0.33, 0.67]],
]

# Espeland and Handelman (1989): five dentists on 3859 teeth, sound (1) or carious (2). How many teeth got each pattern
# of answers, the last dentist's changing fastest.
CARIES_COUNTS = [
    1880,
    789,
    43,
    75,
    23,
    63,
    8,
    22,
    188,
    191,
    17,
    67,
    15,
    85,
    8,
    56,
    12,
    26,
    6,
    14,
    1,
    20,
    2,
    17,
    2,
    20,
    6,
    27,
    3,
    72,
    1,
    100,
]


def anaesthetists() -> Answers:
    """The anaesthetists' readings; classes 0..3."""
    readings = [
        (patient, observer, int(reading) - 1)
        for patient, row in enumerate(ANAESTHETISTS.split())
        for observer, reading in zip(OBSERVERS, row, strict=True)
    ]
    return Answers.of(*zip(*readings, strict=True))


def caries() -> Answers:
    """The dentists' answers; classes 0 (sound) and 1."""
    patterns = [pattern for pattern, count in enumerate(CARIES_COUNTS) for _ in range(count)]
    answers = [
        (tooth, dentist, pattern >> 4 - dentist & 1) for tooth, pattern in enumerate(patterns) for dentist in range(5)
    ]
    return Answers.of(*zip(*answers, strict=True))
