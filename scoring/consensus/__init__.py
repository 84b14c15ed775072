"""What do the annotators of a task say together?

| answers | function |
|---|---|
| one category | `votes.vote`; by what each annotator answers where a class is true, `posterior.posterior_vote` |
| sets of labels | `votes.vote_labels` |
| boxes, fused | `clusters.cluster`, then `boxes.fuse_clusters` |
| objects, taken as drawn | `pick.best_annotator`, `pick.best_answer_per_class`, `pick.select_all` |
"""
