"""However many names come from outside, a record fits through Kafka."""

from __future__ import annotations

from collections.abc import Sequence

from streams.contracts.facts import ControlPart, Detail, Fact
from streams.quality.bounds import ANNOTATORS, CONTROLS, PEERS
from streams.quality.views import annotators
from tests.streams.quality_builders import Shell, contribution, control, detail, part, record

KAFKA_BYTES = 1_000_000
LONG = "x" * 240
"""Ids and labels have 256 characters at most."""


def told(offset: int, found: Detail) -> Fact:
    return Fact(offset, f"t-{offset}", None, contribution(0.5, detail=found))


def hostile(names: Sequence[str], labels: Sequence[str], controls: int) -> Detail:
    """Everybody gives other labels than the truth, on many controls with long names."""
    people = [part(name, gold=0.5) for name in names]
    questions: dict[str, ControlPart] = {
        f"{LONG}{i}": control([labels[0]], *([label] for label in labels), gold=[labels[0]]) for i in range(controls)
    }
    return detail(*people, controls=questions)


def test_an_annotators_record_fits_whatever_controls_labels_and_peers_are_called() -> None:
    shell = Shell()
    for offset in range(30):
        names = ["!", *(f"{LONG}{offset}-{i}" for i in range(8))]
        labels = [f"{LONG}{offset}-{i}" for i in range(9)]
        shell.step([record(offset, [told(offset, hostile(names, labels, CONTROLS + 5))])])
    assert max(map(len, shell.state.values())) < KAFKA_BYTES
    quality = shell.watch.quality("street")
    first = quality.annotators["!"]
    assert (len(first.controls), len(first.peers)) == (CONTROLS, PEERS)
    assert first.further_peers[0] == 30 * 8 - PEERS
    assert quality.project.sums.further_controls == 30 * 5
    assert any(cells.gold.further for cells in first.controls.values())


def test_annotators_beyond_the_bound_have_one_record_together() -> None:
    shell = Shell()
    facts = [told(i, detail(*(part(f"a-{i}-{j}") for j in range(20)))) for i in range(ANNOTATORS // 20 + 1)]
    shell.step([record(0, facts)])
    found = annotators(shell.watch.quality("street"), limit=1)
    assert (len(shell.watch.quality("street").people()), found.further) == (ANNOTATORS, 20)
