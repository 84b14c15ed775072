"""crowd-kit: Dawid-Skene, one coin an annotator, and the majority vote."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tests.bench.peers.clock import Prepared
from tests.bench.peers.served import serve


def _frame(rows: Any) -> Any:
    return import_module("pandas").DataFrame(rows, columns=["task", "worker", "label"])


def dawid_skene(given: Any) -> Prepared:
    """As many iterations as told: left to itself it stops too early, its likelihood counts the prior per answer."""
    model = import_module("crowdkit.aggregation").DawidSkene
    rows = _frame(given["rows"])
    return Prepared(
        lambda _: model(n_iter=given["iterations"], tol=-1.0).fit(rows),
        lambda fitted: fitted.probas_.to_numpy().max(axis=1).mean(),
    )


def majority(given: Any) -> Prepared:
    """The share of the most common answer, on average."""
    model = import_module("crowdkit.aggregation").MajorityVote
    rows = _frame(given)
    return Prepared(lambda _: model().fit(rows), lambda fitted: fitted.probas_.to_numpy().max(axis=1).mean())


if __name__ == "__main__":
    serve("crowd-kit", {"dawid_skene": dawid_skene, "majority": majority})
