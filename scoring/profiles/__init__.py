"""The numbers of other platforms, as their documentation or code gives them, so that a team can migrate and reconcile.

Each module is one platform: pure formulas, its quirks included and named as such. What a page leaves open is filled in
the way that the docstring says, and called "own choice" there. The library's own scores (`scoring.agreement`) avoid
the quirks; these are for comparing with a figure that somebody already has.

| profile | categories | objects | quirks |
|---|---|---|---|
| `ango` | share of the most common answer | best annotator's mean IoU | compares with itself: never below 1 / n |
| `cvat` | - | valid / all of an optimal matching | two annotators who marked nothing score 0 |
| `dataloop` | Jaccard of the classes | (geometry + attributes + label) / 3 | "car" is "scar"; greedy matching |
| `label_studio` | equality; pairs or share | best IoU of each, the lower direction | many-to-one hides duplicates |
| `redbrick` | equality | mean IoU of optimal pairs per category | - |

How a platform compares two marks, where that is not as `scoring.agreement` and `scoring.shapes` have it:

| profile | marks | compared by |
|---|---|---|
| `ango` | points | distance over the image's diagonal |
| `cvat` | points, lines, skeletons | `cvat_shapes`; stretches of audio match from 0.3 on |
| `dataloop` | boxes | IoU as if none were turned |
| `label_studio` | boxes; points; tracks | as if none were turned; within 1 % of each side; key frames of both |
| `label_studio` | ellipses, masks, lines | equality |
| `redbrick` | points and lengths; angles | shares of the sides; turn of each arm |

Every score comes as a `score.ProfileScore`: the task's score with the annotator-by-annotator matrix. Pass only the
annotators that count. `floors.threshold_cannot_fail` warns of thresholds that no answers can miss.
"""
