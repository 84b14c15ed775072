"""What a decision says: its shape, its conflicts with the annotators and regions that they name, its consensus."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.decisions import ConflictKind, Decision, Reassignment, Review
from tests.builders import Driver, Event, boolean, box, choice, choices, configured, submitted
from tests.builders import settings as project


def _decide(*results: list[Event], settings_: Any = None) -> dict[str, Any]:
    """The decision on the answers of a1, a2, …, all required."""
    driver = Driver(settings_)
    driver.feed(configured(required_annotators=len(results)))
    driver.feed(*(submitted(annotator=f"a{i}", result=result, at=i) for i, result in enumerate(results, 1)))
    return driver.decided()


def _conflicts(decided: dict[str, Any], control: str = "objects") -> list[tuple[str, list[str], list[str]]]:
    return [(c["kind"], c["annotators"], c["regions"]) for c in decided["controls"][control]["conflicts"]]


def _boxes(decided: dict[str, Any]) -> list[tuple[str, float, float, float, float]]:
    return [(c["label"], c["x"], c["y"], c["width"], c["height"]) for c in decided["consensus"] if c["type"] == "box"]


def test_a_decision_has_all_keys_of_the_contract_in_their_order() -> None:
    decided = _decide([choice("day"), box()], [choice("day"), box()], [choice("night"), box(label="bus")])
    assert list(decided) == [
        "schema", "type", "decision_id", "replaces", "revision", "project_id", "task_id", "event_time", "round",
        "state", "reason", "score", "passed", "submissions", "controls", "consensus", "unscored", "skipped", "review",
        "settings",
    ]  # fmt: skip
    assert list(decided["controls"]) == ["objects", "scene"]
    assert list(decided["controls"]["objects"]) == [
        "type", "metric", "aggregate", "score", "undefined", "threshold", "passed", "annotators", "matrix",
        "adjudication", "soft_labels", "conflicts",
    ]  # fmt: skip
    assert list(decided["submissions"][0]) == [
        "submission_id", "version", "annotator_id", "annotator_kind", "counts", "score",
    ]  # fmt: skip
    assert set(decided["consensus"][0]) == {
        "type", "id", "control", "label", "x", "y", "width", "height", "rotation_degrees", "attributes", "support",
        "confidence", "sources",
    }  # fmt: skip
    assert decided["event_time"] == "2026-01-31T10:00:03.000Z"


def test_outputs_are_the_contracts_structs_to_the_byte() -> None:
    driver = Driver(project(routing={"max_annotators": 4}))
    for i, value in enumerate(("day", "day", "night", "night"), 1):
        driver.feed(submitted(annotator=f"a{i}", result=[choice(value), box(i, i)], at=i))
    kinds: dict[str, Any] = {"task-disagreement": Decision, "task-reassignment": Reassignment, "task-review": Review}
    seen = set()
    for out in driver.outgoing:
        if out.topic in kinds:
            seen.add(out.topic)
            assert msgspec.json.encode(msgspec.json.decode(out.value, type=kinds[out.topic])) == out.value
            assert out.key == b"street/t1"
            headers = dict(out.headers)
            sent = msgspec.json.decode(out.value)
            assert headers["ce_type"] == b"labelquorum." + sent["type"].encode()
            assert (headers["ce_subject"], headers["ce_time"].decode()) == (b"street/t1", sent["event_time"])
    assert seen == set(kinds)


def test_categories_by_hand() -> None:
    decided = _decide([choice("day")], [choice("day")], [choice("night")], [])
    scene = decided["controls"]["scene"]
    # Two of four say day. Pairs: a1-a2 agree, all others differ; the one who gave no answer agrees with nobody.
    assert (scene["score"], scene["metric"], scene["aggregate"]) == (0.5, "exact", "consensus_share")
    assert scene["matrix"] == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    assert scene["soft_labels"] == {"day": 0.666667, "night": 0.333333}
    assert _conflicts(decided, "scene") == [("missing", ["a4"], []), ("value", ["a3"], ["s-a3/r1"])]
    (consensus,) = decided["consensus"]
    assert consensus == {
        "type": "choice", "id": "c1", "control": "scene", "value": "day", "support": ["a1", "a2"], "confidence": 0.5,
        "sources": ["s-a1/r1", "s-a2/r1"],
    }  # fmt: skip


def test_an_answer_most_did_not_give_is_extra() -> None:
    decided = _decide([choice("day"), boolean(True)], [choice("day")], [choice("day")])
    assert _conflicts(decided, "blurred") == [("extra", ["a1"], ["s-a1/r2"])]
    assert [c["control"] for c in decided["consensus"]] == ["scene"]


def test_a_tie_falls_to_the_label_that_the_owner_named_first_and_else_to_the_alphabet() -> None:
    tied = [choice("night")], [choice("day")]
    assert _decide(*tied)["consensus"][0]["value"] == "day"
    named = project(controls={"scene": {"type": "choice", "labels": ["night", "day"]}})
    assert _decide(*tied, settings_=named)["consensus"][0]["value"] == "night"


def test_yes_and_no_are_booleans_also_where_somebody_says_it_twice() -> None:
    decided = _decide([boolean(True)], [boolean(True), boolean(True)], [boolean(False)])
    assert decided["controls"]["blurred"]["score"] == 0.666667
    assert [(c["type"], c["value"], c["support"]) for c in decided["consensus"]] == [("boolean", True, ["a1", "a2"])]
    both = [boolean(True), boolean(False)]
    assert [(c["type"], c["value"]) for c in _decide(both, both)["consensus"]] == [
        ("boolean", False),
        ("boolean", True),
    ]
    assert _decide(both, both)["controls"]["blurred"]["soft_labels"] == {"false | true": 1.0}


def test_several_answers_to_a_single_choice_each_name_their_own_regions() -> None:
    # Found by size: each value named all regions, so nine thousand values made a decision of a gigabyte.
    both = [choice("night"), choice("day")]
    assert [(c["value"], c["sources"]) for c in _decide(both, both)["consensus"]] == [
        ("day", ["s-a1/r2", "s-a2/r2"]), ("night", ["s-a1/r1", "s-a2/r1"]),
    ]  # fmt: skip
    many = [choice(f"{i:04}") for i in range(1_000)]
    assert len(msgspec.json.encode(_decide(many, many))) < 500_000


def test_sets_of_labels_by_hand() -> None:
    decided = _decide([choices("wet", "dark")], [choices("wet")], [choices("wet"), choices("wet", "far")])
    # Jaccard: {wet, dark} and {wet}: 1/2; {wet, dark} and {wet, far}: 1/3; {wet} and {wet, far}: 1/2. Mean 4/9.
    tags = decided["controls"]["tags"]
    assert (tags["score"], tags["metric"]) == (0.444444, "jaccard")
    assert tags["soft_labels"] == {"dark": 0.333333, "far": 0.333333, "wet": 1.0}
    assert _conflicts(decided, "tags") == [
        ("value", ["a1"], ["s-a1/r1"]), ("value", ["a3"], ["s-a3/r1", "s-a3/r2"]),
    ]  # fmt: skip
    assert [(c["value"], c["support"]) for c in decided["consensus"]] == [(["wet"], ["a2"])]


def test_boxes_by_hand() -> None:
    # a1 and a2 differ by one pixel in ten: IoU 9/11 = 0.818182. a3 drew nothing there: 0 with both, mean 0.272727.
    decided = _decide([box(0)], [box(1)], [])
    objects = decided["controls"]["objects"]
    assert objects["matrix"] == [[1, 0.818182, 0], [0.818182, 1, 0], [0, 0, 1]]
    assert (objects["score"], objects["passed"]) == (0.272727, False)
    assert _boxes(decided) == [("car", 0.5, 0, 10, 10)]
    assert decided["consensus"][0]["support"] == ["a1", "a2"]
    # Each overlaps the fused box by 9.5 / 10.5 = 0.904762, the third not at all: the mean is 0.603175.
    assert decided["consensus"][0]["confidence"] == 0.603175
    assert _conflicts(decided) == [("missing", ["a3"], ["s-a1/r1", "s-a2/r1"])]


def test_every_kind_of_conflict_between_boxes_names_who_and_what() -> None:
    good = [box(), box(100, label="bus")]
    odd = [
        box(0, 0, 10, 7),  # the car, 0.7 of it: loose
        box(100),  # the bus, called a car
        box(200),  # seen by nobody else
    ]
    decided = _decide(good, good, good, odd, [box(attributes={"occluded": True})])
    assert _conflicts(decided) == [
        ("missing", ["a5"], ["s-a1/r2", "s-a2/r2", "s-a3/r2", "s-a4/r2"]),
        ("wrong_label", ["a4"], ["s-a4/r2"]),
        ("loose_boundary", ["a4"], ["s-a4/r1"]),
        ("attribute", ["a5"], ["s-a5/r1"]),
        ("extra", ["a4"], ["s-a4/r3"]),
    ]
    assert _boxes(decided) == [("bus", 100, 0, 10, 10), ("car", 0, 0, 10, 10)]


def test_attributes_are_voted_one_by_one() -> None:
    drawn = [{"occluded": True, "lane": 2}, {"occluded": True, "lane": 3}, {"occluded": False}]
    decided = _decide(*([box(attributes=attributes)] for attributes in drawn))
    # Lane: 2, 3 and nothing have one vote each; nothing loses ties, and 2 comes first.
    assert decided["consensus"][0]["attributes"] == {"lane": 2, "occluded": True}


def test_a_heavy_annotators_word_decides_where_the_project_weighs_them() -> None:
    weighted = project(
        annotator_weights={"a1": 3},
        controls={"scene": {"type": "choice", "adjudication": "weighted"},
                  "objects": {"type": "box", "adjudication": "weighted", "fusion": "weighted_mean"}},
    )  # fmt: skip
    decided = _decide([choice("night"), box(0)], [choice("day"), box(2)], [choice("day")], settings_=weighted)
    boxed, scene = decided["consensus"]
    assert (scene["value"], scene["confidence"]) == ("night", 0.6)
    # (3 x 0 + 1 x 2) / 4 = 0.5; four of five parts of the weight drew it.
    assert boxed["x"] == 0.5
    assert decided["score"] is not None


@pytest.mark.parametrize("weights", [(0.1, 0.2, 0.3), (0.2, 0.1, 0.3), (0.3, 0.1, 0.2), (0.3, 0.2, 0.1)])
def test_half_of_the_weight_is_no_majority_whatever_the_annotators_are_called(weights: tuple[float, ...]) -> None:
    # In floats 0.1 + 0.2 is above half of 0.3 + 0.2 + 0.1, and not above half of 0.1 + 0.2 + 0.3.
    weighted = project(
        annotator_weights={f"a{i}": weight for i, weight in enumerate(weights, 1)},
        controls={"objects": {"type": "box", "adjudication": "weighted"},
                  "seen": {"type": "box", "adjudication": "weighted"},
                  "note": {"type": "text", "adjudication": "weighted"}},
    )  # fmt: skip
    note = {"control": "note", "type": "text", "value": "wet"}
    sign = box(control="seen")
    answers = [[sign] if weight == 0.3 else [box(), note, {**sign, "text": "STOP"}] for weight in weights]
    (kept,) = _decide(*answers, settings_=weighted)["consensus"]
    assert kept["control"] == "seen"
    assert "text" not in kept


BEST = {"type": "box", "adjudication": "best_annotator"}


def test_best_annotator_takes_the_whole_answer_of_who_agrees_best() -> None:
    results = [box(0), box(100)], [box(1)], [box(0), box(200)]
    decided = _decide(*results, settings_=project(controls={"objects": BEST}))
    # Soft F1: a1-a2 2 x 0.818 / 3 = 0.545, a2-a3 the same, a1-a3 2 x 1 / 4 = 0.5. a2 has 0.545, the others 0.523.
    assert [(c["x"], c["sources"], c["support"]) for c in decided["consensus"]] == [
        (1, ["s-a2/r1"], ["a1", "a2", "a3"]),
    ]  # fmt: skip
    assert [(kind, who) for kind, who, _ in _conflicts(decided)] == [("extra", ["a1"]), ("extra", ["a3"])]


def test_best_answer_takes_for_each_label_who_agrees_best_on_it() -> None:
    results = [box(0), box(100, label="bus")], [box(1), box(104, label="bus")], [box(2), box(108, label="bus")]
    best = project(controls={"objects": {"type": "box", "adjudication": "best_answer"}})
    assert [(c["label"], c["sources"]) for c in _decide(*results, settings_=best)["consensus"]] == [
        ("bus", ["s-a2/r2"]), ("car", ["s-a2/r1"]),
    ]  # fmt: skip


def test_select_all_keeps_every_box_as_drawn() -> None:
    everything = project(controls={"objects": {"type": "box", "adjudication": "select_all"}})
    decided = _decide([box(0)], [box(1)], [box(50)], settings_=everything)
    assert [(c["x"], c["sources"]) for c in decided["consensus"]] == [
        (0, ["s-a1/r1"]), (1, ["s-a2/r1"]), (50, ["s-a3/r1"]),
    ]  # fmt: skip


def test_an_object_that_every_copy_is_kept_of_is_missing_once() -> None:
    everything = project(controls={"objects": {"type": "box", "adjudication": "select_all"}})
    decided = _decide([box(0)], [box(1)], [box(50)], settings_=everything)
    missing = [c for c in decided["controls"]["objects"]["conflicts"] if c["kind"] == "missing"]
    assert [(c["annotators"], c["regions"], c["detail"]) for c in missing] == [
        (["a3"], ["s-a1/r1", "s-a2/r1"], "object 1 of the consensus not drawn"),
        (["a1", "a2"], ["s-a3/r1"], "object 3 of the consensus not drawn"),
    ]


def test_an_object_that_somebody_drew_twice_is_counted_twice_and_not_an_extra_one() -> None:
    # 10 x 10 moved by 1: IoU 9 / 11 = 0.82, by 2: 8 / 12 = 0.67, which is too little to call it the same once more.
    once, again = box(0), box(1, id="again")
    decided = _decide([once, again], [once, box(50)], [once, box(2)], [once, box(1, label="bus")], *[[once]] * 3)
    found = [(kind, who, regions) for kind, who, regions in _conflicts(decided) if kind != "loose_boundary"]
    assert sorted(found) == [
        ("count", ["a1"], ["s-a1/again"]),
        ("extra", ["a2"], ["s-a2/r2"]),
        ("extra", ["a3", "a4"], ["s-a3/r2", "s-a4/r2"]),
    ]


def test_of_many_labels_a_conflict_names_the_first_and_how_many_more() -> None:
    many = choices(*[f"l{i:02}" for i in range(23)])
    decided = _decide([choices("wet")], [choices("wet")], [many])
    (told,) = decided["controls"]["tags"]["conflicts"]
    named = ", ".join(f"l{i:02}" for i in range(20))
    assert told["detail"] == f"without wet; besides {named} and 3 more"


def test_every_kind_of_conflict_that_the_contract_names_is_made() -> None:
    def kinds(agreed: list[Event], other: list[Event]) -> set[str]:
        controls = _decide(agreed, agreed, other)["controls"].values()
        return {one["kind"] for control in controls for one in control["conflicts"]}

    order = {"control": "best", "type": "ranking"}
    answered = kinds([choice("day"), order | {"items": ["a", "b"]}], [choice("night"), order | {"items": ["b", "a"]}])
    drawn = kinds([box(0), box(50)], [box(4, label="bus", attributes={"occluded": True}), box(100)])
    twice = kinds([box(0)], [box(0), box(1)])
    assert (answered, twice) == ({"value", "order"}, {"count"})
    assert answered | drawn | twice == set(get_args(ConflictKind))


def test_the_same_box_turned_is_the_same_box() -> None:
    # 20 x 10 about (10, 5), turned by 90 degrees, is 10 x 20 about the same centre.
    decided = _decide([box(0, 0, 20, 10)], [box(5, -5, 10, 20, rotation_degrees=90)], [box(0, 0, 20, 10)])
    assert decided["controls"]["objects"]["score"] == 1.0
    assert decided["state"] == "agreed"
    square = _decide([box()], [box(rotation_degrees=45)])
    # Two unit squares turned by 45 degrees overlap in a regular octagon: 2(sqrt 2 - 1) of one; IoU 0.828427 / 1.171573.
    assert square["controls"]["objects"]["score"] == pytest.approx(0.707107, abs=1e-6)


def test_all_seeing_nothing_agree() -> None:
    decided = _decide([], [], [])
    assert (decided["state"], decided["score"], decided["consensus"]) == ("agreed", 1.0, [])
    named = _decide([], [], settings_=project(controls={"objects": {"type": "box"}, "scene": {}}))
    assert (named["state"], named["score"], list(named["controls"])) == ("agreed", 1.0, ["objects"])


def test_what_is_not_scored_is_handed_on_whole() -> None:
    mask = {"control": "m", "type": "voxels", "id": "x", "label": "car", "deep": [{"a": 1.5}], "counts": [0, 4]}
    decided = _decide([mask, box(width=0), choice("day")], [choice("day")])
    assert [(u["annotator_id"], u["reason"], u["region"]["id"]) for u in decided["unscored"]] == [
        ("a1", "no_metric", "x"), ("a1", "zero_size_box", "r2"),
    ]  # fmt: skip
    assert decided["unscored"][0]["region"] == mask
    assert (decided["state"], decided["score"]) == ("agreed", 1.0)


def test_answers_of_which_nothing_can_be_scored_go_to_a_person() -> None:
    mask = {"control": "m", "type": "voxels"}
    decided = _decide([mask], [mask], [mask])
    assert (decided["state"], decided["reason"], decided["score"]) == ("in_review", "nothing_to_compare", None)
    assert len(decided["unscored"]) == 3


def test_a_control_has_one_type_and_regions_of_another_are_handed_on() -> None:
    decided = _decide([choice("day", "q")], [choice("day", "q")], [box(control="q")])
    assert decided["controls"]["q"]["type"] == "choice"
    assert [(u["annotator_id"], u["reason"]) for u in decided["unscored"]] == [("a3", "wrong_control_type")]
    configured_ = project(controls={"q": {"type": "box"}})
    assert _decide([choice("day", "q")], [box(control="q")], settings_=configured_)["controls"]["q"]["type"] == "box"


def test_every_enabled_control_must_pass_by_itself() -> None:
    strict = project(controls={"scene": {"type": "choice", "weight": 9}, "objects": {"type": "box"}})
    decided = _decide([choice("day"), box()], [choice("day"), box(90)], settings_=strict)
    assert decided["score"] == 0.9
    assert (decided["passed"], decided["controls"]["objects"]["passed"]) == (False, False)


def test_a_control_without_a_threshold_is_scored_and_never_fails() -> None:
    lenient = project(controls={"objects": {"type": "box", "agreement_threshold": None}, "scene": {"type": "choice"}})
    decided = _decide([choice("day"), box()], [choice("day"), box(90)], settings_=lenient)
    assert (decided["score"], decided["state"], decided["controls"]["objects"]["passed"]) == (0.5, "agreed", None)


def test_the_overall_score_can_be_asked_to_pass_too() -> None:
    both = {"objects": {"type": "box", "agreement_threshold": 0.5}, "scene": {"type": "choice"}}
    results = [choice("day"), box(0)], [choice("day"), box(2)]  # IoU 8/12 = 0.666667; mean with 1: 0.833333
    assert _decide(*results, settings_=project(controls=both))["passed"]
    assert not _decide(*results, settings_=project(controls=both, agreement_threshold=0.84))["passed"]
    least = _decide(*results, settings_=project(controls=both, aggregate="minimum"))
    assert least["score"] == 0.666667


_region = st.one_of(
    st.sampled_from(["day", "night", "dusk"]).map(choice),
    st.lists(st.sampled_from(["wet", "dark"]), max_size=2).map(lambda labels: choices(*labels)),
    st.booleans().map(boolean),
    st.builds(
        lambda x, y, w, h, turn, label: box(x, y, w, h, label, rotation_degrees=turn),
        st.integers(0, 12), st.integers(0, 12), st.integers(4, 12), st.integers(4, 12), st.sampled_from([0, 0, 30, 90]),
        st.sampled_from(["car", "bus"]),
    ),
)  # fmt: skip
_results = st.lists(st.lists(_region, max_size=5), min_size=2, max_size=4)


@settings(max_examples=120)
@given(_results)
def test_every_matrix_is_symmetric_with_figures_from_0_to_1(results: list[list[Event]]) -> None:
    decided = _decide(*results)
    for control in decided["controls"].values():
        matrix, n = control["matrix"], len(results)
        assert len(matrix) == n
        assert [row[i] for i, row in enumerate(matrix)] == [1.0] * n
        assert matrix == [list(column) for column in zip(*matrix, strict=True)]
        assert all(0 <= cell <= 1 for row in matrix for cell in row)
        assert 0 <= control["score"] <= 1
    assert all(0 <= c["confidence"] <= 1 for c in decided["consensus"])
    assert 0 <= decided["score"] <= 1
    sent = {f"s-a{i}/r{k + 1}" for i, result in enumerate(results, 1) for k in range(len(result))}
    named = [r for c in decided["controls"].values() for conflict in c["conflicts"] for r in conflict["regions"]]
    assert {*named, *(s for c in decided["consensus"] for s in c["sources"])} <= sent


@settings(max_examples=120)
@given(_results, st.randoms(use_true_random=False))
def test_who_gave_which_answer_does_not_matter_to_what_is_agreed(results: list[list[Event]], random: Any) -> None:
    order = list(range(len(results)))
    random.shuffle(order)
    one, other = _decide(*results), _decide(*[results[i] for i in order])
    names = {f"a{new + 1}": f"a{old + 1}" for new, old in enumerate(order)}
    assert (one["state"], one["score"]) == (other["state"], other["score"])
    for name, control in one["controls"].items():
        permuted = other["controls"][name]["matrix"]
        assert permuted == [[control["matrix"][i][j] for j in order] for i in order]
        assert control["soft_labels"] == other["controls"][name]["soft_labels"]
    bare = [[_without_names(c) for c in decided["consensus"]] for decided in (one, other)]
    assert bare[0] == bare[1]
    support = [sorted(names[a] for a in c["support"]) for c in other["consensus"]]
    assert support == [c["support"] for c in one["consensus"]]


def _without_names(region: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in region.items() if name not in ("support", "sources", "id")}
