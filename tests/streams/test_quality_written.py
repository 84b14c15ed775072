"""Which records a decision writes, and that they are read back as they were."""

from __future__ import annotations

from streams.contracts.facts import Contribution, Detail, Fact
from streams.quality import AnnotatorRecord, ControlRecord, annotator_key, control_key, encode, project_key
from tests.streams.quality_builders import Shell, contribution, control, decided, detail, part, record, records, scene


def agreed(found: Detail) -> Contribution:
    return contribution(0.5, detail=found)


def test_only_the_annotators_and_controls_of_a_changed_task_are_written() -> None:
    shell = Shell()
    first, second = scene("day", "day"), detail(part("z"), blurred=control(["true"], ["true"], type="boolean"))
    shell.step(records([Fact(0, "t", None, agreed(first)), Fact(1, "u", None, agreed(second))]))
    work = shell.step([record(2, [Fact(2, "u", agreed(second), None)])])
    written = {key: value is None for key, value in work.changes.items()}
    assert written[annotator_key("street", "z")]
    assert written[control_key("street", "blurred", "boolean")]
    assert annotator_key("street", "a-0") not in written
    assert control_key("street", "scene", "choice") not in written


def test_a_change_that_touches_no_detail_writes_the_project_alone() -> None:
    shell = Shell()
    steady = agreed(scene("day", "day"))
    shell.step(records([Fact(0, "t", None, steady)]))
    stalled = contribution(0.5, detail=scene("day", "day"), stalled=True)
    work = shell.step([record(1, [Fact(1, "t", steady, stalled)])])
    assert list(work.changes) == [project_key("street"), encode(("w",))]


def test_records_that_are_read_back_are_what_was_written() -> None:
    shell = Shell()
    shell.step(records([Fact(0, "t", None, agreed(scene("day", "day", gold="day")))]))
    recovered = Shell(state=shell.state)
    recovered.step([record(1, [decided(1, 0.5)])])
    shell.step([record(1, [decided(1, 0.5)])])
    assert recovered.state == shell.state
    assert isinstance(shell.watch.quality("street").annotators["a-0"], AnnotatorRecord)
    assert isinstance(shell.watch.quality("street").controls["scene", "choice"], ControlRecord)
