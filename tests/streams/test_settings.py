"""Settings: the whole contract parses, every problem is listed at once by its path, and a decision names its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from streams.contracts.settings import TYPE_DEFAULTS, ControlSettings, ProjectSettings
from streams.errors import ConfigurationError
from streams.settings import SettingsBook, parse_document, parse_project, settings_hash
from streams.settings_file import read_settings
from tests.builders import PROJECT, Driver, answers, submitted
from tests.builders import settings as project

DESIGN = """
projects:
  street:
    required_annotators: 3
    aggregate: weighted_mean
    controls:
      objects: {type: box, labels: [car, bus], metric: soft_f1, agreement_threshold: 0.7, adjudication: fuse, weight: 2}
      scene:   {type: choice, labels: [day, night], agreement_threshold: 0.66, adjudication: majority}
    routing: {max_annotators: 7, extra_annotators: 1, on_limit: review, count_models: false, skip_policy: ignore,
              stalled_after_seconds: 86400}
    alerts:  {class_imbalance: {ratio: 10, minimum: 100}}
"""


def _problems(document: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as wrong:
        parse_document(document)
    return wrong.value.problems


def _of(**fields: Any) -> Any:
    return {"projects": {"street": fields}}


def test_the_contracts_example_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(DESIGN, encoding="utf-8")
    street = read_settings(file)["street"]
    assert street.controls["objects"].labels == ["car", "bus"]
    assert street.controls["objects"].weight == 2
    assert street.alerts.class_imbalance.minimum == 100
    assert parse_project(msgspec.json.encode(yaml.safe_load(DESIGN)["projects"]["street"]), "record") == street


def test_nothing_configured_means_the_documented_defaults() -> None:
    assert parse_document({"projects": {"street": {}}})["street"] == ProjectSettings()
    assert parse_document({"projects": {}}) == {}


@pytest.mark.parametrize("kind", list(TYPE_DEFAULTS))
def test_every_choice_that_a_type_offers_is_accepted(kind: str) -> None:
    offered = TYPE_DEFAULTS[kind]
    for key, names in (
        ("metric", offered.metrics), ("aggregate", offered.aggregates), ("adjudication", offered.adjudications)
    ):  # fmt: skip
        for name in names:
            assert parse_document(_of(controls={"c": {"type": kind, key: name}}))


def test_all_problems_are_listed_at_once_with_their_paths() -> None:
    found = _problems(
        {
            "projects": {
                "street": {
                    "required_annotators": "3",
                    "colour": "red",
                    "controls": {
                        "objects": {"type": "box", "metric": "exact", "wieght": 2},
                        "scene": {"agreement_threshold": 1.5},
                        "q": {"metric": "exact"},
                        1: {"type": "box"},
                    },
                    "routing": {"on_limit": "retry", "extra_annotators": 0},
                },
                "other": {"routing": {"max_annotators": 2}, "controls": {"c": {"labels": ["a", "a"]}}},
                7: {},
                "third": None,
            }
        }
    )
    assert [p.partition(": ")[0] for p in found] == [
        "$.projects.street.colour",
        "$.projects.street.required_annotators",
        "$.projects.street.controls.1",
        "$.projects.street.controls.objects.wieght",
        "$.projects.street.controls.scene.agreement_threshold",
        "$.projects.street.routing.extra_annotators",
        "$.projects.street.routing.on_limit",
        "$.projects.street.controls.objects.metric",
        "$.projects.street.controls.q.metric",
        "$.projects.other.routing.max_annotators",
        "$.projects.other.controls.c.labels",
        "$.projects.7",
        "$.projects.third",
    ]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"controls": {"c": {"type": "box", "metric": "exact"}}}, "controls.c.metric: exact is not for box"),
        ({"controls": {"c": {"metric": "exact"}}}, "controls.c.metric: say the control's type too"),
        ({"controls": {"c": {"type": "box", "weight": 0, "agreement_threshold": 0.5}}}, "controls.c.weight: 0 leaves"),
        ({"routing": {"max_annotators": 2}}, "routing.max_annotators: 2 is fewer than required_annotators (3)"),
        ({"alerts": {"agreement_drift": {"resolve_drop": 0.1}}}, "alerts.agreement_drift.resolve_drop: must be below"),
        ({"alerts": {"class_imbalance": {"resolve_ratio": 10}}}, "alerts.class_imbalance.resolve_ratio: must be below"),
        (
            {"controls": {"c": {"type": "number", "scale_minimum": 1}}},
            "controls.c.scale_minimum: one end is no scale; give scale_maximum too, or neither",
        ),
        (
            {"controls": {"c": {"type": "number", "scale_maximum": 1}}},
            "controls.c.scale_maximum: one end is no scale; give scale_minimum too, or neither",
        ),
        (
            {"controls": {"c": {"type": "number", "scale_minimum": 1, "scale_maximum": 1}}},
            "controls.c.scale_maximum: must be above scale_minimum",
        ),
        ({"controls": {"c": {"type": "choice", "metric": "ango"}}}, "controls.c.metric: ango is not for choice"),
        ({"agreement_threshold": float("nan")}, "agreement_threshold: expected"),
        ({"annotator_weights": {"a1": 0}}, "annotator_weights[...]: expected"),
    ],
)  # fmt: skip
def test_contradictions_and_values_out_of_range_say_what_to_do(fields: Any, problem: str) -> None:
    assert any(f"$.projects.street.{problem}" in found for found in _problems(_of(**fields)))


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"controls": {"c": {"type": "box", "metric": "zzz", "foo": 1}}}, ["controls.c.foo", "controls.c.metric"]),
        ({"controls": {"c": {"type": "box", "metric": "z", "weight": ""}}}, ["controls.c.weight", "controls.c.metric"]),
        ({"controls": {"c": {"labels": ["a", "a"]}, "d": 1}}, ["controls.d", "controls.c.labels"]),
        ({"routing": {"max_annotators": 2}, "colour": "red"}, ["colour", "routing.max_annotators"]),
        # What could not be read contradicts nobody: its default would.
        ({"controls": {"c": {"type": "bx", "metric": "iou"}}}, ["controls.c.type"]),
        ({"controls": {"c": {"scale_minimum": 1, "scale_maximum": "5"}}}, ["controls.c.scale_maximum"]),
        ({"routing": {"max_annotators": 2}, "required_annotators": "1"}, ["required_annotators"]),
        ({"alerts": {"agreement_drift": {"resolve_drop": 0.2, "drop": "0.3"}}}, ["alerts.agreement_drift.drop"]),
        ({"controls": {"c": {"labels": ["a", "a", 1]}}}, ["controls.c.labels[2]"]),
    ],
)  # fmt: skip
def test_one_problem_does_not_hide_another_nor_bring_one_along(fields: Any, paths: list[str]) -> None:
    assert [found.partition(": ")[0] for found in _problems(_of(**fields))] == [f"$.projects.street.{p}" for p in paths]


def test_every_setting_has_a_default() -> None:
    """What a document leaves out, or says in a way that cannot be read, is made of them."""
    kinds: list[type[msgspec.Struct]] = [ProjectSettings, ControlSettings]
    for kind in kinds:
        assert not [field.name for field in structs.fields(kind) if field.required]
        kinds += [
            f.type for f in structs.fields(kind) if isinstance(f.type, type) and issubclass(f.type, msgspec.Struct)
        ]
    assert len(kinds) > 10


@pytest.mark.parametrize(
    "document", [None, [], "projects", {}, {"project": {}}, {"projects": []}, {"projects": {}, "x": 1}]
)
def test_a_document_of_another_shape_is_refused(document: Any) -> None:
    assert _problems(document) == ["$: expected one key `projects` that maps project ids to their settings"]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'"\xff"', b"[" * 100_000, b"[]", b"null", b'{"colour": 1}'])
def test_a_record_of_the_settings_topic_that_cannot_be_used_is_one_error(data: bytes) -> None:
    with pytest.raises(ConfigurationError, match="settings record 7 cannot be used"):
        parse_project(data, "settings record 7")


@pytest.mark.parametrize("content", [b"projects: [", b"\xff", b"projects: {street: {required_annotators: x}}", b""])
def test_a_file_that_cannot_be_used_is_one_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"broken\.yaml"):
        read_settings(file)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_settings(tmp_path / "none.yaml")


def test_the_hash_is_the_same_for_every_order_of_keys_and_for_defaults_spelled_out() -> None:
    one = project(required_annotators=2, controls={"a": {"type": "box", "weight": 2}, "b": {}})
    other = project(controls={"b": {"weight": 1}, "a": {"weight": 2, "type": "box"}}, required_annotators=2, routing={})
    assert settings_hash(one) == settings_hash(other)


CHANGES: list[dict[str, Any]] = [
    {}, {"required_annotators": 2}, {"aggregate": "minimum"}, {"agreement_threshold": 0}, {"controls": {"a": {}}},
    {"controls": {"a": {"agreement_threshold": None}}}, {"controls": {"a": {"agreement_threshold": 0.75}}},
    {"controls": {"a": {"labels": ["x", "y"]}}}, {"controls": {"a": {"labels": ["y", "x"]}}},
    {"controls": {"a": {"loose_similarity": 0.5}}}, {"routing": {"extra_annotators": 2}},
    {"annotator_weights": {"a1": 2}},
    {"alerts": {"stalled_tasks": {"minimum": 2}}}, {"alerts": {"class_imbalance": {"resolve_ratio": 8}}},
]  # fmt: skip


def test_the_hash_changes_with_every_value() -> None:
    assert len({settings_hash(project(**change)) for change in CHANGES}) == len(CHANGES)


def test_published_settings_go_before_the_files_and_can_be_taken_back() -> None:
    book = SettingsBook({"street": project(required_annotators=2)})
    book.publish("street", project(required_annotators=5))
    assert book.of("street").required_annotators == 5
    book.publish("street", None)
    assert (book.of("street").required_annotators, book.of("unknown").required_annotators) == (2, 3)
    assert set(book.projects()) == {"street"}


def test_changed_settings_hold_for_later_decisions_only() -> None:
    driver = Driver(project(required_annotators=2)).feed(*answers("day", "day"), *answers("day", "day", task="t2"))
    before = list(driver.decisions)
    stricter = project(required_annotators=3)
    driver.book.publish(PROJECT, stricter)
    driver.feed(submitted("t3", at=9), *answers("day", "day", "day", task="t2", at=20))
    assert driver.decisions[:2] == before
    assert [d["task_id"] for d in driver.decisions[2:]] == ["t2"] * len(driver.decisions[2:])
    assert {d["settings"] for d in before} == {settings_hash(project(required_annotators=2))}
    assert driver.decided("t2")["settings"] == settings_hash(stricter)
    assert driver.header("t1").state == "agreed"


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["controls", "routing", "alerts", "objects", "type", "labels", "required_annotators", "x"])
        | st.integers(),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(_anything)
def test_any_document_is_settings_or_a_list_of_problems(document: Any) -> None:
    try:
        found = parse_document({"projects": {"street": document}})
    except ConfigurationError as wrong:
        assert wrong.problems
        assert all(problem.startswith("$.projects.street") for problem in wrong.problems)
    else:
        Driver(found["street"]).feed(*answers("day", "day", "night"))


def test_a_wrong_choice_is_told_what_there_is_to_choose_from() -> None:
    document = {"projects": {"p": {"controls": {"o": {"type": "bx"}}, "routing": {"on_limit": "ask"}}}}
    with pytest.raises(ConfigurationError) as caught:
        parse_document(document)
    of_type, of_limit = sorted(caught.value.problems)
    assert of_type.startswith("$.projects.p.controls.o.type: expected one of choice, choices, boolean, text, ")
    assert of_type.endswith("got 'bx'")
    assert of_limit == "$.projects.p.routing.on_limit: expected one of review, accept_best, abandon; got 'ask'"
