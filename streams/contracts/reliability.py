"""`annotator-reliability`: what WATCH has learned about each annotator, latest wins; SETTLE weighs votes by it."""

from __future__ import annotations

from msgspec import Struct

__all__ = ["AnnotatorReliability", "ControlReliability"]


class ControlReliability(Struct, kw_only=True, gc=False):
    """How far one annotator's answers to one control can be trusted."""

    model: str
    """The form that it was learned with: `shrunk`, `one_coin`, `dawid_skene` or `pooled`."""
    accuracy: float
    """Probability that an answer is right, in [0, 1]: the posterior mean."""
    low: float
    high: float
    """Credible interval of 95 %."""
    n: float
    """Answers that it rests on, after decay."""
    gold: float = 0.0
    """Those of them whose truth is gold, the rest's being the consensus."""
    weight: float
    """For a weighted vote: log-odds of being right against guessing, 0 for whoever does no better; never negative."""
    recall: dict[str, float] = {}
    """True class → probability of naming it, for classes that they have answers to: few answers say little, and leave
    it near `accuracy`."""
    tasks: dict[str, float] = {}
    """True class → answers of theirs to tasks of it, after decay: how common each class is."""


class AnnotatorReliability(Struct, kw_only=True, gc=False):
    """One record of the topic; its key is `project_id/annotator_id`."""

    schema: int
    type: str
    """`annotator.reliability`."""
    project_id: str
    annotator_id: str
    event_time: str
    controls: dict[str, ControlReliability]
