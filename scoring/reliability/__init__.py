"""Who is right how often, and what is the truth? Both at once, from a batch of answers or from a stream of tasks.

A stream: `sums` that are added and taken back exactly, `incremental` models that read them, `trust` in an annotator as
it is published; `README.md` beside this file has the rest and what was measured. A batch:

| model | function | when |
|---|---|---|
| full matrix, drawn towards the annotator's own accuracy | `models.shrunk` | the default |
| full matrix (Dawid and Skene 1979), also MAP | `models.dawid_skene` | many answers an annotator |
| one accuracy an annotator | `models.one_coin` | few answers an annotator |
| everybody alike | `models.majority` | the baseline |

All take `answers.Answers` (index arrays; `answers.index_answers` makes them from ids) and give an `em.Fit`: posteriors,
confusion matrices, accuracies with an interval, the trace. Gold is certain. No batch model wins everywhere and without
gold nothing in the answers tells which one is right: compare them on gold before you trust one.
"""
