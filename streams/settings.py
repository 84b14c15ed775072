"""Settings documents: checked whole, every problem listed at once with its path; hashed; looked up by project."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import UNSET, Struct, structs

from streams.contracts.alert_settings import AlertSettings
from streams.contracts.settings import (
    PLATFORMS,
    TYPE_DEFAULTS,
    ControlSettings,
    ProjectSettings,
    RoutingSettings,
)
from streams.errors import ConfigurationError

__all__ = ["SettingsBook", "parse_document", "parse_project", "settings_hash", "spelled_out"]

_LOOKS_AFTER_SECONDS = RoutingSettings().redecide_after_seconds


def parse_document(document: Any, where: str = "settings") -> dict[str, ProjectSettings]:
    """`{"projects": {id: settings}}` → settings by project.

    Raises:
        ConfigurationError: naming every unknown key, wrong type, value out of range and contradiction, by path.

    >>> parse_document({"projects": {"street": {"required_annotators": 2}}})["street"].required_annotators
    2
    """
    problems: list[str] = []
    projects: dict[str, ProjectSettings] = {}
    if (
        not isinstance(document, Mapping)
        or set(document) != {"projects"}
        or not isinstance(document["projects"], Mapping)
    ):
        problems.append("$: expected one key `projects` that maps project ids to their settings")
    else:
        for project_id, data in document["projects"].items():
            path = f"$.projects.{project_id}"
            if not isinstance(project_id, str) or not project_id:
                problems.append(f"{path}: a project id is a non-empty string; quote it if it is a number")
                continue
            found, wrong = _build(ProjectSettings, data, path)
            problems += wrong
            if isinstance(found, ProjectSettings):
                problems += _contradictions(found, path, wrong)
                projects[project_id] = found
    if problems:
        raise ConfigurationError(problems, f"{where} cannot be used")
    return projects


def parse_project(data: bytes, where: str) -> ProjectSettings:
    """One project's settings as JSON: the value of a record of the settings topic. Raises as `parse_document`."""
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError([f"$: {error}"], f"{where} cannot be used") from None
    found, problems = _build(ProjectSettings, document, "$")
    if isinstance(found, ProjectSettings):
        problems += _contradictions(found, "$", problems)
        if not problems:
            return found
    raise ConfigurationError(problems, f"{where} cannot be used")


def settings_hash(settings: ProjectSettings) -> str:
    """12 hex digits that change with anything that `settings` or its defaults say, and not with the order of keys."""
    canonical = msgspec.json.encode(spelled_out(settings), order="sorted")
    return hashlib.sha256(canonical).hexdigest()[:12]


class SettingsBook:
    """The settings in force: those published on the topic, over those of the file, over the defaults."""

    def __init__(self, base: Mapping[str, ProjectSettings] | None = None) -> None:
        self._base = dict(base or {})
        self._published: dict[str, ProjectSettings] = {}
        self._default = ProjectSettings()

    def of(self, project_id: str) -> ProjectSettings:
        """The settings of a project; the documented defaults where nobody configured it."""
        found = self._published.get(project_id)
        return found if found is not None else self._base.get(project_id, self._default)

    def publish(self, project_id: str, settings: ProjectSettings | None) -> None:
        """What the settings topic says; None takes it back."""
        if settings is None:
            self._published.pop(project_id, None)
        else:
            self._published[project_id] = settings

    def projects(self) -> dict[str, ProjectSettings]:
        """Every configured project."""
        return {**self._base, **self._published}


def spelled_out(value: Any) -> Any:
    """As JSON has it, with the defaults, which the structs leave out when they are written."""
    if isinstance(value, Struct):
        return {name: spelled_out(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {key: spelled_out(item) for key, item in value.items()}
    return "unset" if value is UNSET else value


def _build(kind: type[Struct], data: Any, path: str) -> tuple[Struct | None, list[str]]:
    """A person wants all problems, and msgspec reports the first: so each field is converted by itself.

    Where some can't be, what the others say is made, with the defaults, so that it can be looked at further.
    """
    if not isinstance(data, Mapping):
        return None, [f"{path}: expected a mapping; got {type(data).__name__}"]
    fields = {f.name: f for f in structs.fields(kind)}
    problems = [
        f"{path}.{key}: unknown key; expected one of {', '.join(sorted(fields))}" for key in data if key not in fields
    ]
    values: dict[str, Any] = {}
    for name, spec in fields.items():
        if name not in data:
            continue
        value, wrong = _convert(spec.type, data[name], f"{path}.{name}")
        problems += wrong
        if not (wrong and value is None):
            values[name] = value
    return kind(**values), problems


def _convert(kind: Any, data: Any, path: str) -> tuple[Any, list[str]]:
    if isinstance(kind, type) and issubclass(kind, Struct):
        return _build(kind, data, path)
    if kind == dict[str, ControlSettings] and isinstance(data, Mapping):
        built = {key: _build(ControlSettings, value, f"{path}.{key}") for key, value in data.items()}
        unnamed = [
            f"{path}.{key}: a control's name is a non-empty string; quote it if it is a number"
            for key in data if not isinstance(key, str) or not key
        ]  # fmt: skip
        made = {key: control for key, (control, _) in built.items() if control is not None}
        return made, unnamed + [p for _, wrong in built.values() for p in wrong]
    try:
        return msgspec.convert(data, kind, strict=True), []
    except msgspec.ValidationError as error:
        text, _, inner = str(error).partition(" - at `$")
        if text.startswith("Invalid enum value"):  # what there is to choose from, msgspec keeps to itself
            text = f"Expected one of {', '.join(map(str, _choices(kind)))}"
        return None, [f"{path}{inner.rstrip('`')}: {text[0].lower()}{text[1:]}; got {data!r}"]


def _choices(kind: Any) -> list[Any]:
    """The values of a Literal, also within a union."""
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [choice for part in get_args(kind) for choice in _choices(part)]


class _Contradiction(NamedTuple):
    """Values that can each be read, and not be meant together."""

    path: str
    text: str
    others: tuple[str, ...] = ()
    """The paths of the other values."""


def _contradictions(settings: ProjectSettings, path: str, problems: Iterable[str]) -> list[str]:
    """Those between values that could be read: a default that stands where one couldn't be contradicts nobody."""
    return [
        f"{found.path}: {found.text}"
        for found in _project_contradictions(settings, path)
        if not any(p.startswith((f"{at}:", f"{at}[")) for at in (found.path, *found.others) for p in problems)
    ]


def _project_contradictions(settings: ProjectSettings, path: str) -> Iterator[_Contradiction]:
    routing = settings.routing
    if routing.max_annotators < settings.required_annotators:
        yield _Contradiction(
            f"{path}.routing.max_annotators",
            f"{routing.max_annotators} is fewer than required_annotators ({settings.required_annotators}); raise it or "
            "require fewer",
            (f"{path}.required_annotators",),
        )
    if routing.redecide_when_weight_moves is None and routing.redecide_after_seconds != _LOOKS_AFTER_SECONDS:
        yield _Contradiction(
            f"{path}.routing.redecide_after_seconds",
            "says when to look, and redecide_when_weight_moves is null: never; set that (0: decide again by any "
            "movement), or leave this out",
            (f"{path}.routing.redecide_when_weight_moves",),
        )
    yield from _alert_contradictions(settings.alerts, f"{path}.alerts")
    for name, control in settings.controls.items():
        yield from _control_contradictions(control, f"{path}.controls.{name}")


def _alert_contradictions(alerts: AlertSettings, path: str) -> Iterator[_Contradiction]:
    """Where an alert would be raised and resolved by the same figure."""
    drift, imbalance, shift = alerts.agreement_drift, alerts.class_imbalance, alerts.label_shift
    cannot_fail, ratio = alerts.threshold_cannot_fail, alerts.class_imbalance.resolve_ratio
    for key, resolved, line, raised in (
        ("agreement_drift.resolve_drop", drift.resolve_drop, "drop", drift.drop),
        ("class_imbalance.resolve_ratio", 0.0 if ratio is None else ratio, "ratio", imbalance.ratio),
        ("label_shift.resolve_index", shift.resolve_index, "stability_index", shift.stability_index),
        ("threshold_cannot_fail.resolve_share", cannot_fail.resolve_share, "share", cannot_fail.share),
    ):
        if resolved >= raised:
            other = f"{path}.{key.partition('.')[0]}.{line}"
            yield _Contradiction(f"{path}.{key}", f"must be below {line} ({raised}); got {resolved}", (other,))


def _control_contradictions(control: ControlSettings, path: str) -> Iterator[_Contradiction]:
    if len(set(control.labels)) != len(control.labels):
        yield _Contradiction(f"{path}.labels", "a label is named twice")
    kind = (f"{path}.type",)
    allowed = None if control.type is None else TYPE_DEFAULTS[control.type]
    for key in ("metric", "similarity", "aggregate", "adjudication", "fusion"):
        value = getattr(control, key)
        if value is None:
            continue
        if allowed is None:
            why = "say the control's type too; what there is to choose from depends on it"
            yield _Contradiction(f"{path}.{key}", why, kind)
            continue
        names = getattr(allowed, "similarities" if key == "similarity" else f"{key}s")
        if key == "metric" and allowed.fusions:
            names = (*names, *PLATFORMS)
        if key == "similarity" and control.type == "point":
            names = (*names, "label_studio", "redbrick")
        if value not in names:
            expected = f"expected one of {', '.join(names)}" if names else "there is nothing to choose"
            yield _Contradiction(f"{path}.{key}", f"{value} is not for {control.type}; {expected}", kind)
    if control.reliability_model != "shrunk" and control.type not in ("choice", "boolean"):
        why = f"reliability is learned of choice and boolean alone; got {control.type}"
        yield _Contradiction(f"{path}.reliability_model", why, kind)
    yield from _scale_contradictions(control, path)
    if control.agreement_threshold is not UNSET and control.weight == 0 and control.agreement_threshold is not None:
        why = "0 leaves the control out of the score, but agreement_threshold asks it to pass"
        yield _Contradiction(f"{path}.weight", why, (f"{path}.agreement_threshold",))


def _scale_contradictions(control: ControlSettings, path: str) -> Iterator[_Contradiction]:
    low, high = control.scale_minimum, control.scale_maximum
    ends = (f"{path}.scale_minimum", f"{path}.scale_maximum")
    if low is not None and high is not None and low >= high:
        yield _Contradiction(ends[1], f"must be above scale_minimum ({low}); got {high}", ends)
    if (low is None) != (high is None):
        given, missing = ends if high is None else reversed(ends)
        yield _Contradiction(given, f"one end is no scale; give {missing.rpartition('.')[2]} too, or neither", ends)
