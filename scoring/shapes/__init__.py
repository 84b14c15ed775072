"""Shapes in images and in space: how alike two are, and which one stands for several.

| kind | value | similarity (default first) | fusion (default first) | without area, length or joints |
|---|---|---|---|---|
| box | `Box` | IoU | median, weighted mean, medoid | 1 with an identical one, else 0 |
| polygon | `Polygon` | IoU, boundary F1, GIoU | coverage by more than half, medoid | the same |
| mask | `Mask` | IoU on runs, boundary F1, GIoU | majority, STAPLE, medoid | the same |
| ellipse | `Ellipse` | IoU, boundary F1, GIoU | medoid, median, weighted mean | the same |
| areas of any of these tools | `Area` | IoU, boundary F1, GIoU | by kind; mixed: coverage | the same |
| polyline | `Polyline` | mutual, aligned, directed | medoid | the same |
| point | `Point` | exponential, linear | geometric median | always defined |
| keypoints | `Keypoints` | OKS | per joint: geometric median, visibility by vote | two without joints: 1 |
| cuboid | `Cuboid` | IoU of volumes | median of every side; tilted: medoid | 1 with an identical one, else 0 |
| angle | `Angle` | opening x vertex | geometric and circular medians | the same |

Every similarity takes all shapes of all annotators of a task and returns one (n, n) matrix for
`scoring.compare_objects` and `scoring.cluster`: in [0, 1], exactly symmetric, 1 between identical shapes, the same
bits for every order. Every fusion takes the shapes of one cluster and optional weights; identical shapes give exactly
that shape. How sure a fused shape is, `fused_confidence` says. Shapes are immutable values that compare by content.

>>> square, wider = Polygon.of([[0, 0], [4, 0], [4, 4], [0, 4]]), Polygon.of([[0, 0], [5, 0], [5, 4], [0, 4]])
>>> polygon_similarity([square, wider])[0].tolist()
[1.0, 0.8]
>>> fused_confidence(polygon_similarity([square, wider, fuse_polygon([square, wider])])[-1, :-1], None, 3)
0.6
"""

from scoring.shapes.angle import Angle, angle_similarity, fuse_angle
from scoring.shapes.box import Box, box_similarity, fuse_box
from scoring.shapes.common import UNKNOWN_DIAGONAL_PX, fused_confidence
from scoring.shapes.cuboid import Cuboid, cuboid_similarity, fuse_cuboid
from scoring.shapes.ellipse import Ellipse, EllipseFusion, ellipse_similarity, fuse_ellipse
from scoring.shapes.keypoints import COCO_SIGMAS, Joint, Keypoints, fuse_keypoints, keypoints_similarity
from scoring.shapes.mask import Mask, mask_similarity
from scoring.shapes.mask_fusion import MaskFusion, Staple, fuse_mask, staple
from scoring.shapes.mixed import Area, area_similarity, fuse_area
from scoring.shapes.point import Point, PointMetric, fuse_point, point_similarity
from scoring.shapes.polygon import Polygon, PolygonFusion, fuse_polygon, polygon_similarity
from scoring.shapes.polyline import LineMetric, Polyline, fuse_polyline, polyline_similarity
from scoring.shapes.regions import AreaMetric

__all__ = [
    "COCO_SIGMAS",
    "UNKNOWN_DIAGONAL_PX",
    "Angle",
    "Area",
    "AreaMetric",
    "Box",
    "Cuboid",
    "Ellipse",
    "EllipseFusion",
    "Joint",
    "Keypoints",
    "LineMetric",
    "Mask",
    "MaskFusion",
    "Point",
    "PointMetric",
    "Polygon",
    "PolygonFusion",
    "Polyline",
    "Staple",
    "angle_similarity",
    "area_similarity",
    "box_similarity",
    "cuboid_similarity",
    "ellipse_similarity",
    "fuse_angle",
    "fuse_area",
    "fuse_box",
    "fuse_cuboid",
    "fuse_ellipse",
    "fuse_keypoints",
    "fuse_mask",
    "fuse_point",
    "fuse_polygon",
    "fuse_polyline",
    "fused_confidence",
    "keypoints_similarity",
    "mask_similarity",
    "point_similarity",
    "polygon_similarity",
    "polyline_similarity",
    "staple",
]
