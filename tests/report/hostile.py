"""The project of `builders`, with every name and text replaced by what an attacker would send."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.contracts.decisions import Decision
from streams.contracts.regions import Box, Choice, Region, Span
from streams.report import ContestedTask, Material, Views
from tests.report.builders import contested, material, views

__all__ = ["ATTACK", "hostile_material"]

ATTACK = (
    "</title></style></script></svg>\"'><script>window.hacked=1</script><img src=x onerror=window.hacked=1>"
    "<b0rk/onclick=alert(1)>javascript:alert(1)//`${1}`{{7*7}}--><!--]]>"
)
_TIMES = frozenset(("at", "raised_at", "resolved_at", "event_time"))
_KEPT = frozenset(("time_to_quorum_seconds",))


def hostile_material() -> Material:
    """Everywhere but in times, `ATTACK` stands before what was there."""
    documents = {name: getattr(views(), name) for name in Views.names()}
    said: list[list[Region] | None] = [
        [Box(control=ATTACK, label=ATTACK, x=1, y=1, width=50, height=40), Choice(control="scene", value=ATTACK)],
        [Box(control=ATTACK, label="other", x=3, y=1, width=50, height=40), Span(control="t", label=ATTACK, start=1,
                                                                               end=4)],
        [],
    ]  # fmt: skip
    task = contested(said, width_px=640, height_px=480, media_url=f"http://evil.example/{ATTACK}")
    decision = msgspec.convert(_hostile(msgspec.to_builtins(task.decision)), Decision, strict=True)
    answers = [msgspec.structs.replace(a) if isinstance(a, msgspec.Struct) else a for a in task.answers]
    return material(
        project_id=ATTACK,
        source=ATTACK,
        notes=[ATTACK],
        views=Views.of(_hostile(msgspec.to_builtins(documents))),
        contested=[
            ContestedTask(
                decision=decision, answers=answers, gold=said[0], width_px=640, height_px=480, media_url=task.media_url
            )
        ],
    )


def _hostile(node: Any, name: str = "") -> Any:
    if isinstance(node, str):
        return node if name in _TIMES or (name in ("type", "state", "kind") and node in _LITERALS) else ATTACK + node
    if isinstance(node, list):
        return [_hostile(part, name) for part in node]
    if isinstance(node, dict):
        kept = name in _KEPT or _is_struct(node)
        return {key if kept else ATTACK + key: _hostile(part, key) for key, part in node.items()}
    return node


_LITERALS = frozenset(("task.disagreement", "in_review", "missing"))
"""What the contract of decisions lets be nothing else."""
_FIELDS = frozenset(
    field
    for struct in msgspec.Struct.__subclasses__()
    for field in getattr(struct, "__struct_fields__", ())
)  # fmt: skip


def _is_struct(node: dict[str, Any]) -> bool:
    """Whether an object's keys are fields of a contract, not names that somebody chose."""
    return bool(node) and set(node) <= _FIELDS | set(Views.names())
