"""Peer and ours in turns, round after round, on the same input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from math import isclose
from statistics import median

from msgspec import Struct

from tests.bench.peers.asked import Asked
from tests.bench.peers.cases import Case
from tests.bench.peers.clock import best_seconds
from tests.bench.peers.environments import NotHere, interpreter

__all__ = ["Compared", "compare"]


class Compared(Struct):
    """One line of the table."""

    case: str
    peer: str
    """With its version."""
    wanted: float | None
    """The ratio that we want; None where the peer does another job."""
    peer_seconds: list[float]
    """Fastest call of each round; none where it can't be had here."""
    our_seconds: list[float]
    same: str
    """Whether both came to the same figure, or why not."""

    @property
    def ratio(self) -> float | None:
        """The peer's time over ours, by the medians of the rounds: how many times faster we are."""
        return median(self.peer_seconds) / median(self.our_seconds) if self.peer_seconds else None

    @property
    def reached(self) -> bool | None:
        """Whether we are as fast as wanted."""
        return None if self.ratio is None or self.wanted is None else self.ratio >= self.wanted


def compare(cases: Iterable[Case], rounds: int, seconds: float, told: Callable[[str], None]) -> Iterator[Compared]:
    """All cases, each with a process of its own; each round times the peer for so many seconds and then us."""
    for peer, of_peer in groupby(cases, key=lambda case: case.peer):
        listed = list(of_peer)
        told(f"{peer.name}: {len(listed)} cases")
        try:
            python = interpreter(peer)
        except NotHere as error:
            yield Compared(f"all {len(listed)} cases", peer.requirements[0], None, [], [], str(error))
            continue
        for case in listed:
            try:
                with Asked(python, peer.program) as asked:
                    yield _in_turns(case, asked, rounds, seconds)
            except NotHere as error:
                yield Compared(case.name, peer.requirements[0], case.wanted, [], [], str(error))


def _in_turns(case: Case, asked: Asked, rounds: int, seconds: float) -> Compared:
    version, theirs = asked.prepare(case.program_case, case.sent)
    prepared = case.ours()
    ours = float(prepared.figure(prepared.work(prepared.fresh())))
    if isclose(theirs, ours, rel_tol=1e-6):
        same = "yes"
    else:
        same = f"{theirs:.4f} there, {ours:.4f} here" + (f": {case.differs}" if case.differs else "")
    taken = [(asked.seconds(seconds), best_seconds(prepared, seconds)) for _ in range(rounds)]
    return Compared(
        case.name, f"{case.peer.name} {version}", case.wanted,
        [peer for peer, _ in taken], [our for _, our in taken], same,
    )  # fmt: skip
