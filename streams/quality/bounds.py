"""How much WATCH remembers of a project: ids and labels come from outside, and a record must fit through Kafka."""

from __future__ import annotations

from typing import Final

__all__ = [
    "AGED_SECONDS",
    "ANNOTATORS",
    "BUCKETS_BEFORE_WINDOW",
    "BUCKET_SECONDS",
    "CELL_BYTES",
    "CONTROLS",
    "HISTOGRAM_BINS",
    "LABEL_BYTES",
    "OUTLIER_BELOW",
    "PAIRED_ROWS",
    "PATTERN_BYTES",
    "PEERS",
    "WEEKS",
]

AGED_SECONDS: Final = 300
"""Event time that the newest cells of sums by age span. Time passes for each annotator by itself, so a finer one would
cost more whenever somebody answers; nobody gives the dozen answers sooner that a fall takes to show."""

BUCKET_SECONDS: Final = 60
"""Event time that one bucket of scores spans. The rolling window is made of whole buckets: 300 annotators who spend a
minute on each of three answers a task fill the default window of 100 tasks in one, so few projects feel the grain; a
finer one would only cost more state records."""

BUCKETS_BEFORE_WINDOW: Final = 1_024
"""Buckets kept by themselves beyond as many as the window has tasks. A bucket that counts holds a decision or more, so
the window finds room however slow the project is, and late corrections still find their own minute."""

HISTOGRAM_BINS: Final = 10

LABEL_BYTES: Final = 300_000
"""Room for label names in a project's record; Kafka takes a million bytes by default, and a control may turn out to be
free text. Labels beyond it are counted together, without their names. Each name may be there twice."""

ANNOTATORS: Final = 2_000
"""Annotators of a project with a record of their own."""

PEERS: Final = 200
"""Others that an annotator is compared with one by one; 16 bytes each, as many again where categories have gold or four
annotators, and a record is written whenever they answer."""

CONTROLS: Final = 60
"""Controls of a project with a record of their own."""

CELL_BYTES: Final = 4_000
"""Room for the label names in one confusion matrix, some 150 cells. An annotator has three for each control: with all
of `CONTROLS` and `PEERS` their record still fits through Kafka."""

PATTERN_BYTES: Final = 100_000
"""Room for the distinct ways in which a control's units were answered: some 3,000."""

OUTLIER_BELOW: Final = 0.5
"""Agreement with the consensus below which a model's answer disagrees. No setting: what was counted by one line can't
be taken back by another."""

WEEKS: Final = 150
"""Weeks of an annotator's answers to a control that are told apart, so that they can fade."""

PAIRED_ROWS: Final = 64
"""Annotators of one task that are compared pair by pair, the first by id: a task may have a thousand."""
