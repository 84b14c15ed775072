"""Rolling statistics over sums that can be taken back.

| module | what it holds |
|---|---|
| `sums` | scores and counts as integers of a millionth: adding and retracting is exact, and order does not matter |
| `window` | sums by bucket of time; the newest that hold a window, against everything before |
| `aged` | sums by time, the older the coarser: a few dozen cells that reach back weeks |
| `lines` | a statistic against two lines |
| `drift` | has the recent mean dropped below the one before? |
| `level` | has it shifted, suddenly or slowly? Evidence with a bound on false alarms |
| `rates` | is a rate on the wrong side of a line? Evidence that may be looked at after every answer |
| `imbalance` | how much more frequent is the most frequent label than the least frequent one? |
| `label_shift` | are recent labels distributed otherwise than those before? |
| `copying` | do two annotators give the same answers more often than chance explains? |
| `lead_times` | how long answers take, and who is too fast |

Every test answers with a `Verdict`, which has a middle between its two lines: what is raised beyond the upper line and
resolved within the lower one does not flap between them. README.md has how often they are wrong, and how soon right.
"""
