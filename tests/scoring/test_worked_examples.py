"""Worked examples of the literature that no module's own tests have.

What is elsewhere: Dawid and Skene (1979) and Espeland and Handelman (1989) in `reliability/test_models.py`; Fleiss
(1971), Gwet (2008, 2014), Feinstein and Cicchetti (1990) in `chance/test_many.py`; Cohen (1960, 1968) and SAS in
`chance/test_two.py`; Krippendorff (2011) in `chance/test_alpha.py`; Shrout and Fleiss (1979) in
`chance/test_ratings.py`; STAPLE, ROVER, weighted box fusion, OKS and Dataloop beside what they are of. Figures of
irrCAC (0.4.4, after Gwet 2014) and R's irr are literals: these packages are GPL.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.agreement.sets import masi
from scoring.chance.alpha import Level, krippendorff_alpha
from scoring.chance.coefficient import Coefficient
from scoring.chance.coincidences import Coincidences, Table
from scoring.chance.many import fleiss_kappa, gwet_ac
from scoring.chance.two import PairCounts, cohen_kappa
from scoring.chance.weights import Scheme
from scoring.reliability.answers import Answers
from scoring.reliability.em import Stopping
from scoring.reliability.models import dawid_skene
from scoring.shapes import Mask, Polygon, mask_similarity, polygon_similarity
from scoring.types import Undefined
from tests.scoring.chance.literature import both, pairs, rated
from tests.scoring.reliability.literature import ANAESTHETISTS, OBSERVERS

# Gwet (2014), irrCAC raw.ben_gerry and raw.g1g2: one word a unit, "-" where there is no answer.
BEN_GERRY = "ab aa bb bb db cc cc cc ee d- dd ad"
G1_G2 = "aa-a bbcb cccc cccc bbbb abcd dddd aaba bbbb -eee --aa --c- bbcb bacb"

# irrCAC distrib.6raters: the first fifteen of Fleiss' patients; a digit is how many chose the diagnosis.
FIFTEEN_PATIENTS = "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031"

# Wikipedia, Fleiss' kappa: fourteen raters, ten subjects, five categories.
WIKIPEDIA_FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip

# R package irr, anxiety: twenty subjects by raters 2 and 3, on a scale of 1 to 6.
ANXIETY_2 = [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4]
ANXIETY_3 = [2, 1, 4, 4, 3, 2, 1, 6, 1, 1, 1, 2, 3, 3, 1, 1, 3, 3, 2, 2]


def value(outcome: Coefficient | Undefined) -> float:
    assert isinstance(outcome, Coefficient)
    return outcome.value


def counted(rows: Sequence[Sequence[int]]) -> Table:
    seen = Coincidences()
    for row in rows:
        seen.add({category: n for category, n in enumerate(row) if n})
    return seen.table(range(len(rows[0])))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Wikipedia prints 0.210; Randolph's online calculator (statsmodels' tests quote it) the other two.
        (WIKIPEDIA_FLEISS, 0.2099307),
        ([[7, 1], [3, 5]], 0.161905),
        ([[6, 1, 0], [0, 7, 0]], 0.708333),
    ],
)
def test_fleiss_kappa_of_textbook_tables(rows: list[list[int]], expected: float) -> None:
    assert value(fleiss_kappa(counted(rows))) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("weights", "expected"), [("identity", -0.006289308), ("linear", 0.1459075), ("quadratic", 0.2520325)]
)
def test_kappa_of_the_anxiety_ratings_as_r_prints_it(weights: Scheme, expected: float) -> None:
    # kappa2 knows only the categories that came: neither rater used 5, so the steps are those of 1, 2, 3, 4, 6 by rank.
    rank = {category: place for place, category in enumerate([1, 2, 3, 4, 6])}
    seen = PairCounts()
    for second, third in zip(ANXIETY_2, ANXIETY_3, strict=True):
        seen.add(rank[second], rank[third])
    assert value(cohen_kappa(seen, weights, labels=range(5))) == pytest.approx(expected, abs=5e-8)


def test_kappa_as_sas_prints_it() -> None:
    # PROC FREQ on a table with a category that one of the two never used: 0.4842, linear weights 0.4701.
    table = pairs([[0, 4, 1], [0, 8, 0], [0, 1, 5]])
    assert value(cohen_kappa(table)) == pytest.approx(0.4842, abs=5e-5)
    assert value(cohen_kappa(table, "linear")) == pytest.approx(0.4701, abs=5e-5)


@pytest.mark.parametrize(
    ("table", "ac1", "fleiss", "alpha"),
    [
        (rated(BEN_GERRY), 0.66144201, 0.64935065, 0.66489362),
        (rated(G1_G2), 0.68460382, 0.65724528, 0.63180572),
        (counted([[int(n) for n in word] for word in FIFTEEN_PATIENTS.split()]), 0.44480073, 0.4139265, 0.42043843),
    ],
)
def test_gwets_further_ratings(table: Table, ac1: float, fleiss: float, alpha: float) -> None:
    assert value(gwet_ac(table)) == pytest.approx(ac1, abs=1e-8)
    assert value(fleiss_kappa(table)) == pytest.approx(fleiss, abs=1e-8)
    assert value(krippendorff_alpha(table)) == pytest.approx(alpha, abs=1e-8)


@pytest.mark.parametrize(
    ("table", "cohen", "ac1", "scott", "alpha"),
    [
        # Gwet (2014): three abstractors' categories of pregnancy; four diagnoses.
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], 0.7964094, 0.84933055, 0.7962397, 0.7972585),
        (
            [[40, 4, 4, 17], [6, 25, 2, 13], [4, 1, 21, 12], [15, 5, 9, 45]],
            0.43150078,
            0.45615764,
            0.43034056,
            0.43161782,
        ),
        # Gwet (2008); Feinstein and Cicchetti (1990), high and low; Wikipedia, Cohen's kappa.
        ([[118, 5], [2, 0]], -0.02339181, 0.94077634, -0.02880658, -0.02469136),
        ([[80, 10], [5, 5]], 0.31818182, 0.808, 0.31428571, 0.31771429),
        ([[40, 9], [6, 45]], 0.69951923, 0.70074813, 0.69924812, 0.70075188),
        ([[45, 15], [25, 15]], 0.13043478, 0.26605505, 0.12087912, 0.12527473),
        ([[25, 35], [5, 35]], 0.25925926, 0.20792079, 0.19191919, 0.1959596),
    ],
)
def test_contingency_tables_by_all_coefficients(
    table: list[list[int]], cohen: float, ac1: float, scott: float, alpha: float
) -> None:
    answered = both(table)
    assert value(cohen_kappa(pairs(table))) == pytest.approx(cohen, abs=1e-8)
    assert value(gwet_ac(answered)) == pytest.approx(ac1, abs=1e-8)
    # Of two annotators Fleiss' kappa is Scott's pi.
    assert value(fleiss_kappa(answered)) == pytest.approx(scott, abs=1e-8)
    assert value(krippendorff_alpha(answered)) == pytest.approx(alpha, abs=1e-8)


@pytest.mark.parametrize(("level", "expected"), [("masi", 0.14917127), ("jaccard", 0.10784314), ("nominal", 0.16)])
def test_alpha_of_sets_as_nltk_has_it(level: Level, expected: float) -> None:
    seen = Coincidences()
    for first, second in (("x", "xy"), ("yz", "yz"), ("z", "xyz"), ("xy", "z")):
        answers = [frozenset(first), frozenset(second)]
        seen.add({answer: answers.count(answer) for answer in answers})
    assert value(krippendorff_alpha(seen.table(), level)) == pytest.approx(expected, abs=1e-8)


def test_masi_as_nltk_has_it() -> None:
    # Its distances: 2/3, 8/9 and 1.
    likeness = [masi({"x"}, {"x", "y"}), masi({"x", "y"}, {"y", "z"}), masi({"x"}, {"y"})]
    assert likeness == pytest.approx([1 / 3, 1 / 9, 0])


PATIENTS_CLASSES = "142222132243121111222222112111131224233111212"


def anaesthetists(words: str) -> Answers:
    read = [
        (patient, observer, int(code) - 1)
        for patient, word in enumerate(words.split())
        for observer, code in zip(OBSERVERS, word, strict=True)
    ]
    return Answers.of(*zip(*read, strict=True), n_classes=4)


@pytest.mark.parametrize(
    ("patient_7", "log_likelihood", "marginals", "first_row"),
    [
        ("1222111", -192.89088121420528, [0.39955475, 0.42198339, 0.11179519, 0.06666667], [0.88948835, 0.11051165]),
        # Another copy of the table (R package rater) has this patient's first observer say 1, 1, 2.
        ("1122111", -190.73099659487886, [0.399969, 0.42157632, 0.11178802, 0.06666667], [0.90742603, 0.09257397]),
    ],
)
def test_dawid_and_skenes_patients_once_nothing_moves_any_more(
    patient_7: str, log_likelihood: float, marginals: list[float], first_row: list[float]
) -> None:
    words = ANAESTHETISTS.replace("1222111", patient_7)
    fit = dawid_skene(anaesthetists(words), smoothing=0.0, stopping=Stopping(5000, 1e-14))
    assert fit.trace[-1] == pytest.approx(log_likelihood, abs=1e-8)
    assert fit.class_prior == pytest.approx(marginals, abs=1e-6)
    assert fit.confusion[0, 0, :2] == pytest.approx(first_row, abs=1e-6)
    assert "".join(str(label + 1) for label in fit.labels) == PATIENTS_CLASSES


def test_a_square_moved_by_a_fifth_is_exact_as_polygon_and_as_mask() -> None:
    # 40 x 40 common of 2 x 50 x 50: 1600 / 3400. A raster that counts the borders in (dtlpy's, by OpenCV) has 0.4774.
    corners = [(10, 10), (60, 10), (60, 60), (10, 60)]
    moved = [(x + 10, y + 10) for x, y in corners]
    assert polygon_similarity([Polygon.of(corners), Polygon.of(moved)])[0, 1] == pytest.approx(1600 / 3400, abs=1e-14)

    def square(start: int) -> Mask:
        before, column = 100 * start + start, [50, 50]
        runs = [before, *(column * 50)[:-1]]
        return Mask.of([100, 100], [*runs, 100 * 100 - sum(runs)])

    assert mask_similarity([square(10), square(20)])[0, 1] == pytest.approx(1600 / 3400, abs=1e-14)


rated_units = st.lists(
    st.lists(st.one_of(st.none(), st.integers(1, 5)), min_size=2, max_size=4), min_size=1, max_size=8
).map(lambda units: [[*unit, *[None] * (4 - len(unit))] for unit in units])


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@given(rated_units)
def test_alpha_is_evalicas(level: Level, units: list[list[int | None]]) -> None:
    pandas, evalica = import_module("pandas"), import_module("evalica")
    seen = Coincidences()
    for unit in units:
        given_answers = [answer for answer in unit if answer is not None]
        seen.add({answer: given_answers.count(answer) for answer in set(given_answers)})
    ours = krippendorff_alpha(seen.table(), level)
    pairable = [
        answer for unit in units if sum(a is not None for a in unit) > 1 for answer in unit if answer is not None
    ]
    if isinstance(ours, Undefined):
        # Where all answers are equal evalica says 1: nothing could have shown disagreement.
        assert len(set(pairable)) < 2
        return
    raters: Any = list(zip(*units, strict=True))
    theirs = evalica.alpha(pandas.DataFrame(raters, dtype=float), distance=level)
    assert ours.value == pytest.approx(theirs.alpha, abs=1e-9)
