"""How much do the annotators of a task agree?

| answers | function | range | undefined or empty |
|---|---|---|---|
| one category | `nominal.equality_matrix` | 0 or 1 | no answers: `[]` |
| sets of labels | `sets.jaccard_matrix` | [0, 1] | both empty: 1 |
| boxes | `boxes.iou`, then `objects.compare_objects` | [0, 1] | both without objects: 1 |
| a matrix to one score | `aggregate.mean_of_pairs` | [0, 1] | fewer than two annotators: `Undefined` |
| answers to one score | `aggregate.consensus_share` | [1 / n, 1] | fewer than two annotators: `Undefined` |
"""
