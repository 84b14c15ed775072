"""How much do annotators agree beyond chance? Statistics of a project's control, from sums that can be taken back.

| answers | sum | statistics |
|---|---|---|
| labels, sets, ratings in steps | `coincidences.Coincidences` | percent, Fleiss, AC1 and AC2 in `many`; `alpha` |
| the same of two named annotators | `two.PairCounts` | `two.cohen_kappa` |
| numbers on a fine scale | `ratings.RatingSums` | `ratings.interval_alpha`, `icc.icc_one_way` |
| numbers, the same annotators throughout | a matrix | `icc.icc_two_way` |
| objects in images, text, time | `units.unit_counts` into `Coincidences` | as labels |
| a batch of labels as a matrix | `coincidences.tabulate` | as labels |

Each gives a `coefficient.Coefficient` (value, observed, expected, interval, tasks, answers, pairs) or `Undefined` with
the reason. Every sum is exact (see `tally`): equal to the bit for equal tasks, whatever was added and taken back.

>>> from scoring.chance.alpha import krippendorff_alpha
>>> from scoring.chance.coincidences import Coincidences
>>> seen = Coincidences()
>>> for answers in ({"cat": 3}, {"dog": 2, "cat": 1}, {"dog": 2}):
...     seen.add(answers)
>>> round(krippendorff_alpha(seen.table()).value, 3)
0.562
"""
