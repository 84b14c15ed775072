"""Marks along a line of text or of time, and what is tied to marks: spans, segments, tracks, relations, read text.

| kind | similarity of two | metrics | fused by |
|---|---|---|---|
| `span` | shared characters over all characters of both | overlap (default), exact, tolerant | majority coverage |
| `segment` | shared time over all time of both, one channel | overlap (default), exact, tolerant | majority coverage |
| `track` | IoU per frame, averaged over the union of frames | - | median box per frame, few key frames |
| `relation` | 1 where both ends and the direction agree | exact (default), undirected | majority of the directions |
| `region_text` | region and text together | product (default), mean, gated | fused region, text nearest to all |

Each `*_similarity` compares all objects of all annotators in one call and goes into `compare_objects` and `cluster`:
with `exact` and `tolerant`, which give 0 or 1, the soft F1 is the F1 of exact or boundary-tolerant matches. Each
`fuse_*` makes one object of a cluster; `scoring.shapes.common.fused_confidence` says how sure that object is. All
similarities are in [0, 1], symmetric and 1 on identity, and none raises on degenerate shapes: a shape without extent
has similarity 1 with an identical one and 0 with everything else.
"""
