"""That both sides do the same job, and that a peer that can't be had is told and not left out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.bench.peers import inputs, ours
from tests.bench.peers.cases import Case
from tests.bench.peers.clock import Prepared, best_seconds
from tests.bench.peers.environments import Peer
from tests.bench.peers.measure import Compared, compare
from tests.bench.peers.programs import coco, shapely_polygons


def figure(prepared: Prepared) -> float:
    return float(prepared.figure(prepared.work(prepared.fresh())))


def test_a_peer_in_its_own_process_and_we_come_to_the_same_figure() -> None:
    drawn = inputs.boxes(2, 5)
    peer = Peer("pycocotools", ("pycocotools",), "coco")
    (row,) = compare([Case("boxes", peer, "boxes", drawn, lambda: ours.box_iou(drawn))], 1, 0.0, lambda _: None)
    assert row.same == "yes"
    assert row.peer.startswith("pycocotools 2")
    assert len(row.peer_seconds) == len(row.our_seconds) == 1
    assert row.ratio == row.peer_seconds[0] / row.our_seconds[0]


def test_masks_and_polygons_are_the_same_job_on_both_sides() -> None:
    painted = inputs.masks(3, 4, (100, 120), 15.0)
    assert figure(ours.mask_iou(painted)) == pytest.approx(figure(coco.masks(painted)))
    rings = inputs.outlines(2, 4, 60)
    exact, raster = figure(ours.polygon_iou(rings)), figure(coco.polygons({"rings": rings, "size": [3_000, 4_000]}))
    assert exact == pytest.approx(raster, rel=0.02)
    for way in (shapely_polygons.one_by_one, shapely_polygons.all_at_once, shapely_polygons.from_points):
        assert figure(way(rings)) == pytest.approx(exact, rel=1e-12)
    assert figure(ours.polygon_iou(rings, held=False)) == exact


def test_a_peer_that_cannot_be_installed_has_a_row_that_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    nowhere = Peer("nowhere", (str(tmp_path / "nowhere-1.0-py3-none-any.whl"),), "coco", apart=True)
    drawn = inputs.boxes(2, 2)
    (row,) = compare([Case("boxes", nowhere, "boxes", drawn, lambda: ours.box_iou(drawn))], 1, 0.0, lambda _: None)
    assert row.ratio is None
    assert "can't be installed here" in row.same


def test_the_fastest_call_counts_and_what_it_needs_anew_is_not_timed() -> None:
    made: list[int] = []

    def fresh() -> int:
        made.append(len(made))
        return made[-1]

    assert best_seconds(Prepared(lambda given: given, float, fresh), 0.0) < 0.1
    assert made == [0, 1]


def test_a_platform_is_to_be_beaten_tenfold_a_library_on_its_own_ground_and_another_job_not_at_all() -> None:
    assert Compared("c", "p", 10.0, [0.9], [0.1], "").reached is False
    assert Compared("c", "p", 1.0, [0.1], [0.1], "").reached is True
    assert Compared("c", "p", None, [0.1], [0.2], "").reached is None
