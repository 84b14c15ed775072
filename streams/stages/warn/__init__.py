"""(tallies of a project, settings) → alerts raised and resolved, each only where something crosses a line.

| module | what it holds |
|---|---|
| `catalogue` | every type: its severity, and what to do about it |
| `rules` | what of the settings decides |
| `standing` | raise, resolve, leave alone: one open alert a subject |
| `project`, `control`, `annotator`, `task` | the tests, by what they are about |

README.md has when each type is raised and resolved. Between its lines, and while it is undefined (warm-up, window not
full, too little seen), an alert stays as it is; one that the settings switch off is resolved when it is next looked at.
Times are event times and sums are whole numbers, so the same facts in the same order give the same alerts, however they
are cut into batches. A correction takes its figures back from the moment at which they were counted: the next look is
at sums that never had them. What was raised before is not unsaid; it resolves.
"""

from __future__ import annotations

from streams.contracts.decisions import Alert
from streams.quality import Touched
from streams.quality.tallies import Tallies
from streams.stages.warn.annotator import annotator_alerts
from streams.stages.warn.catalogue import ALERTS, AlertKind
from streams.stages.warn.control import control_alerts
from streams.stages.warn.project import project_alerts
from streams.stages.warn.rules import LOOK_EVERY, Rules
from streams.stages.warn.task import task_alerts

__all__ = ["ALERTS", "LOOK_EVERY", "AlertKind", "Rules", "warn"]


def warn(tallies: Tallies, rules: Rules, touched: Touched) -> list[Alert]:
    """Test what the facts of one source offset have touched; the project's record follows. The order is fixed."""
    found: list[Alert | None] = []
    if touched.scores or touched.stalled:
        found += project_alerts(tallies, rules, touched)
    if touched.scores or touched.controls or tallies.touched_annotators:
        found += control_alerts(tallies, rules, touched)
    if tallies.touched_annotators:
        found += annotator_alerts(tallies, rules)
    if touched.outliers:
        found += task_alerts(tallies, rules, touched)
    return [alert for alert in found if alert is not None]
