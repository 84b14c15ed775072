"""How labels are distributed of late, as the view tells it and as the alert `label_shift` judges it."""

from __future__ import annotations

from streams.ports import Outgoing
from streams.quality.project import ProjectQuality
from streams.quality.views import classes
from tests.streams.alert_streams import Stream
from tests.streams.quality_builders import Shell, decided, part, records, settings


def test_the_stability_index_is_what_its_alert_says_whatever_the_window_of_agreement_holds() -> None:
    # Every sixth task is in review and has no label: of the newest 100 decisions 83 have one.
    stream = Stream()
    for task in range(900):
        label = "night" if task >= 650 or task % 2 else "day"
        if task % 6 == 5:
            stream.decide(part("a"), part("b"), state="in_review", score=0.1)
        else:
            stream.decide(part("a"), part("b"), labels={"scene": {label: 1.0}})
    shell = Shell(settings(alerts={"agreement_drift": {"window_tasks": 20}}))
    log = records(stream.facts)
    raised = next(at for at, one in enumerate(log) if any(_is_shift(out) for out in shell.step([one]).outgoing))
    (alert,) = (alert for alert in shell.alerts if alert["alert"] == "label_shift")
    (found,) = classes(shell.watch.quality("street")).controls
    assert raised > 650
    assert found.stability_index.value == alert["evidence"]["stability_index"]
    assert found.stability_index.n == alert["evidence"]["n"] == 200
    recent = {item.label: item.recent_share for item in found.items}
    assert recent[alert["evidence"]["most_changed"]] == alert["evidence"]["most_changed_share"]
    assert classes(ProjectQuality.from_records(shell.state)) == classes(shell.watch.quality("street"))


def test_the_stability_index_takes_the_window_and_the_warm_up_of_its_own_alert() -> None:
    shift = {"window_tasks": 20, "minimum_reference_tasks": 30}
    shell = Shell(settings(alerts={"label_shift": shift}))
    facts = [decided(i, 0.9, i, {"scene": {"day" if i % 2 else "night": 1.0}}) for i in range(50)]
    shell.step(records(facts[:49]))
    (early,) = classes(shell.watch.quality("street")).controls
    assert early.stability_index.undefined == "29 tasks before the window, it takes 30"
    shell.step(records(facts)[49:])
    (full,) = classes(shell.watch.quality("street")).controls
    assert (full.stability_index.value, full.stability_index.n) == (0.0, 20)


def _is_shift(out: Outgoing) -> bool:
    return out.topic == "quality-alerts" and b'"label_shift"' in out.value
