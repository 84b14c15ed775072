"""What is kept of one control → its coefficients, as `streams.coefficients` computes them for `labelquorum score`."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, cast

from scoring.chance.alpha import Level, krippendorff_alpha
from scoring.chance.coincidences import Coincidences
from scoring.chance.icc import icc_one_way
from scoring.chance.many import fleiss_kappa, gwet_ac, percent_agreement
from scoring.chance.ratings import RatingSums, exactly, interval_alpha
from scoring.chance.tally import natural_order
from scoring.chance.units import unit_alpha
from scoring.types import Undefined
from streams.coefficients import LabelSet
from streams.contracts.views import Statistic
from streams.kinds import OBJECT_KINDS
from streams.quality.figures import coefficient, undefined
from streams.quality.labels import CATEGORICAL, NUMERIC, ORDINAL, SETS
from streams.quality.records import ControlRecord

__all__ = ["coefficients", "scale_of"]

_POWERS = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (3, 0), (0, 2), (2, 1), (4, 0))
_NO_ROOM = "too many different answers: {} units found no room beside the others"
_NO_LABELS = Undefined("sets have no fixed number of categories, which AC1 needs")


def scale_of(record: ControlRecord) -> str | None:
    """The level of measurement; None for answers that are no classes and no numbers."""
    if record.type in NUMERIC:
        return "ordinal" if record.type in ORDINAL else "interval"
    if record.type in CATEGORICAL or record.type in OBJECT_KINDS:
        return "nominal"
    return record.level if record.type in SETS else None


def coefficients(record: ControlRecord) -> dict[str, Statistic]:
    """Name → statistic, as the type allows; n is the units (tasks, or objects) with two answers or more."""
    if record.type in NUMERIC:
        return _of_numbers(record)
    if scale_of(record) is None:
        return {}
    if record.further_patterns:
        reason = _NO_ROOM.format(record.further_patterns)
        names = ("object_alpha", "object_label_alpha") if record.type in OBJECT_KINDS else ("krippendorff_alpha",)
        return {name: undefined(reason) for name in names}
    units = _units(record)
    return _of_objects(units) if record.type in OBJECT_KINDS else _of_labels(units, record)


def _answers(pattern: str) -> Counter[Any]:
    return Counter(LabelSet(answer) if isinstance(answer, list) else answer for answer in json.loads(pattern))


def _of_labels(units: list[tuple[Counter[Any], int]], record: ControlRecord) -> dict[str, Statistic]:
    seen = _seen(units)
    n = _comparable(units)
    sets = record.type in SETS
    table = seen.table(_labels(seen, record))
    return {
        "percent_agreement": coefficient(percent_agreement(table), n),
        "krippendorff_alpha": coefficient(krippendorff_alpha(table, cast(Level, record.level)), n),
        "fleiss_kappa": coefficient(fleiss_kappa(table), n),
        "gwet_ac1": coefficient(_NO_LABELS if sets else gwet_ac(table), n),
    }


def _labels(seen: Coincidences, record: ControlRecord) -> list[Any] | None:
    """All labels that could have been given, used or not; None: those that were."""
    known = ["false", "true"] if record.type == "boolean" else list(record.labels)
    if record.type in SETS or not known:
        return None
    used = {label for pattern, _ in seen for label, _ in pattern}
    return [*known, *sorted(used.difference(known), key=natural_order)]


def _of_objects(units: list[tuple[Counter[Any], int]]) -> dict[str, Statistic]:
    """Over objects, found and named in one; and of found objects the names alone."""
    return {
        name: coefficient(*unit_alpha(units, count_missing=count_missing))
        for name, count_missing in (("object_alpha", True), ("object_label_alpha", False))
    }


def _of_numbers(record: ControlRecord) -> dict[str, Statistic]:
    sums = RatingSums(
        {
            (int(m), *power): exactly(value)
            for m, moments in record.ratings.items()
            for power, value in zip(_POWERS, moments, strict=True)
        }
    )
    n = sum(int(moments[0]) for moments in record.ratings.values())
    interval, icc = coefficient(interval_alpha(sums), n), coefficient(icc_one_way(sums), n)
    if record.type not in ORDINAL:
        return {"krippendorff_alpha": interval, "icc_1": icc}
    return {"krippendorff_alpha": _ordinal_alpha(record, n), "interval_alpha": interval, "icc_1": icc}


def _ordinal_alpha(record: ControlRecord, n: int) -> Statistic:
    if record.further_patterns:
        return undefined(_NO_ROOM.format(record.further_patterns), n)
    return coefficient(krippendorff_alpha(_seen(_units(record)).table(), "ordinal"), n)


def _units(record: ControlRecord) -> list[tuple[Counter[Any], int]]:
    return [(_answers(pattern), units) for pattern, units in sorted(record.patterns.items())]


def _seen(units: list[tuple[Counter[Any], int]]) -> Coincidences:
    seen = Coincidences()
    for answers, n in units:
        seen.add(answers, n)
    return seen


def _comparable(units: list[tuple[Counter[Any], int]]) -> int:
    return sum(n for answers, n in units if sum(answers.values()) > 1)
