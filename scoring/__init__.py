"""The mathematics of annotation quality: agreement and consensus, usable as a library by itself.

The questions it answers:

1. How much do the annotators of a task agree? `scoring.agreement` for answers and boxes, `scoring.shapes` for what is
   drawn in images, `scoring.sequences` for what is marked in texts and recordings
2. Can they still reach a threshold if more are asked? `best_mean_of_pairs`, `best_consensus_share`
3. What do they say together, and how sure is it? `scoring.consensus`, and `fuse_*` beside each shape
4. How much of it is more than chance? `scoring.chance`
5. How far can each annotator be trusted? `scoring.reliability`
6. How does quality change over time? `scoring.rolling`
7. What would another platform have said? `scoring.profiles`

The names here are the everyday ones; everything else is imported from its package.

Everywhere: a similarity is 1 when equal and 0 when nothing is shared; coordinates and sizes are pixels with y pointing
down; rotations are degrees, clockwise as seen in the image. Annotators and objects are indices. A statistic without a
value is `Undefined` and says why. Nothing here reads a clock, draws random numbers or does I/O: the same arguments give
the same bits, and no result depends on the order in which annotators answered.

>>> matrix = equality_matrix(["day", "night", "day"])
>>> round(mean_of_pairs(matrix, counted=[0, 1, 2]), 3), vote(["day", "night", "day"]).winner
(0.333, 'day')
"""

from scoring.agreement.aggregate import (
    best_consensus_share,
    best_mean_of_pairs,
    best_pairs_nominal,
    consensus_share,
    mean_of_pairs,
    mean_with_others,
)
from scoring.agreement.boxes import iou, paired_iou
from scoring.agreement.matching import match
from scoring.agreement.nominal import equality_matrix
from scoring.agreement.objects import MatchedPair, ObjectAgreement, compare_objects
from scoring.agreement.sets import jaccard, jaccard_matrix
from scoring.consensus.boxes import FusedBox, confidence, fuse, fuse_clusters
from scoring.consensus.clusters import cluster
from scoring.consensus.pick import best_annotator, best_answer_per_class, select_all
from scoring.consensus.votes import SetVote, Vote, vote, vote_labels
from scoring.types import Array, Boxes, Matrix, Undefined

__all__ = [
    "Array",
    "Boxes",
    "FusedBox",
    "MatchedPair",
    "Matrix",
    "ObjectAgreement",
    "SetVote",
    "Undefined",
    "Vote",
    "best_annotator",
    "best_answer_per_class",
    "best_consensus_share",
    "best_mean_of_pairs",
    "best_pairs_nominal",
    "cluster",
    "compare_objects",
    "confidence",
    "consensus_share",
    "equality_matrix",
    "fuse",
    "fuse_clusters",
    "iou",
    "jaccard",
    "jaccard_matrix",
    "match",
    "mean_of_pairs",
    "mean_with_others",
    "paired_iou",
    "select_all",
    "vote",
    "vote_labels",
]
