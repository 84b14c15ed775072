"""Marks along a line of text or of time, and what is tied to marks: spans, segments, tracks, relations, read text.

| kind | similarity of two | metrics | fused by |
|---|---|---|---|
| `spans` | shared characters over all characters of both | overlap (default), exact, tolerant | majority coverage |
| `segments` | shared time over all time of both, one channel | overlap (default), exact, tolerant | majority coverage |
| `tracks` | IoU per frame, averaged over the union of frames | - | median box per frame, few key frames |
| `relations` | 1 where both ends and the direction agree | exact (default), undirected | majority of the directions |
| `texts` | region and text together | product (default), mean, gated | the fused region, the text nearest to all |

Each `*_similarity` compares all objects of all annotators in one call and goes into `compare_objects` and `cluster`:
with `exact` and `tolerant`, which give 0 or 1, the soft F1 is the F1 of exact or boundary-tolerant matches. Each
`fuse_*` makes one object of a cluster; `support.support_confidence` says how sure that object is. All are in [0, 1],
symmetric and 1 on identity, and none raises on degenerate shapes: a shape without extent has similarity 1 with an
identical one and 0 with everything else.
"""
