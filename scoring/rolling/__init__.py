"""Rolling statistics over sums that can be taken back.

| module | what it holds |
|---|---|
| `sums` | scores and counts as integers of a millionth: adding and retracting is exact, and order does not matter |
| `window` | sums by bucket of time; the newest that hold a window, against everything before |
| `drift` | has the recent mean dropped below the one before? |
| `imbalance` | how much more frequent is the most frequent label than the least frequent one? |

Every test answers with a `Verdict`, which has a middle between its two lines: what is raised beyond the upper line and
resolved within the lower one does not flap between them.
"""
