"""What crosses a boundary: events in, decisions out, settings, and the facts between the two agents.

| module | contract |
|---|---|
| `events` | what producers send (DESIGN: input event, schema 1) |
| `settings` | what a project's owner publishes |
| `decisions` | what consumers read: decisions, reassignments, reviews, alerts, dead letters |
| `facts` | what SETTLE tells WATCH |

Nothing here computes; nothing here imports from the rest of `streams`.
"""
