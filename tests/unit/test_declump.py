"""Clumps whose cells are known, and cells that are no clumps."""

import heapq

import numpy as np
import pytest
from flicker import flicker

from lamella.core.errors import FaultsError, InputError
from lamella.core.frames import ArrayFrames
from lamella.kernels.geodesic import nearest_seed_within
from lamella.phantom import ColonyPhantom
from lamella.run.settings import settings_from
from lamella.segment import ByDistance, ByIntensity, ByNucleus
from worlds import c_shape, cell_with_protrusion, disc, dumbbell, two_touching_discs


def split(step, mask, image=None, nuclei=None):
    """One frame, cut for itself."""
    frames = [
        None if a is None else ArrayFrames(np.asarray(a)[None].astype(np.uint16))
        for a in (mask, image, nuclei)
    ]
    return step(*frames, state=step.prepare(*frames)).frame(0)


class TestByDistance:
    def test_two_discs_part_where_they_meet(self):
        mask, column = two_touching_discs()
        found = split(ByDistance(), mask)
        assert found.max() == 2
        x = np.broadcast_to(np.arange(mask.shape[1]), mask.shape)
        assert np.mean(((found == found[31, 10]) != (x < column))[mask]) < 0.02

    def test_a_dumbbell_is_two(self):
        found = split(ByDistance(), dumbbell())
        assert found.max() == 2
        np.testing.assert_allclose(np.bincount(found[found > 0])[1:].std(), 0, atol=12)

    @pytest.mark.parametrize(
        "mask",
        [dumbbell(bar_px=22), c_shape(), cell_with_protrusion(), disc(20)],
        ids=["a shallow waist", "a bent cell", "a thin protrusion", "a disc"],
    )
    def test_one_cell_stays_one(self, mask):
        assert split(ByDistance(), mask).max() == 1

    @pytest.mark.parametrize("seed", range(3))
    def test_a_ragged_outline_makes_no_cells(self, seed):
        rng = np.random.default_rng(seed)
        mask = disc(20) | (disc(22) & (rng.random((64, 64)) < 0.5))
        assert split(ByDistance(), mask).max() == 1

    def test_unconnected_parts_of_an_object_that_is_not_cut_stay_one(self):
        mask = disc(8, (14, 14)) | disc(8, (44, 44))
        assert split(ByDistance(), mask).max() == 1

    def test_the_width_may_be_told(self):
        mask, _ = two_touching_discs()
        assert split(ByDistance(half_width_px=40), mask).max() == 1


class TestByIntensity:
    @pytest.mark.parametrize("sign", [1, -1], ids=["bright", "dark"])
    def test_a_pale_line_parts_what_the_outline_does_not(self, sign):
        y, x = np.mgrid[:64, :96]
        mask = (abs(y - 31.5) < 12) & (abs(x - 47.5) < 30)
        image = 1000 + sign * np.where(mask, 100 + 300 * np.clip(abs(x - 47.5) / 9, 0, 1), 0)
        assert split(ByDistance(), mask).max() == 1
        found = split(ByIntensity(half_width_px=12), mask, image)
        assert found.max() == 2
        assert found[31, 40] != found[31, 55]

    def test_light_on_both_sides_of_the_background_is_not_heeded(self):
        mask = disc(20)
        image = 1000 + np.where(mask, np.where(np.arange(64) % 16 < 8, 300, -300), 0)
        assert split(ByIntensity(), mask, image).max() == 1

    def test_needs_an_image(self):
        with pytest.raises(InputError, match=r"it got no image; give the image, or use"):
            split(ByIntensity(), disc(9))


class TestByNucleus:
    def test_the_way_leads_through_the_clump(self):
        """A U: the tip of one arm is nearer to the other's nucleus as the crow flies."""
        mask = np.zeros((40, 30), bool)
        mask[4:36, 4:10], mask[4:36, 14:20], mask[30:36, 4:20] = True, True, True
        nuclei = np.zeros(mask.shape, int)
        nuclei[30:34, 5:8], nuclei[5:8, 15:18] = 1, 2
        found = split(ByNucleus(), mask, None, nuclei)
        assert found[5, 8] == found[31, 6]
        assert found[5, 8] != found[6, 16]
        np.testing.assert_array_equal(found > 0, mask)

    @pytest.mark.parametrize("seed", range(4))
    def test_distances_are_those_of_dijkstra(self, seed):
        rng = np.random.default_rng(seed)
        labels = (rng.random((24, 30)) < 0.8) * (1 + (np.arange(30) > 17))
        seeds = np.zeros(labels.shape, np.int32)
        seeds[rng.integers(0, 24, 5), rng.integers(0, 30, 5)] = np.arange(1, 6)
        owner, distance = nearest_seed_within(labels, seeds)
        expected = dijkstra(labels, seeds)
        np.testing.assert_allclose(np.where(owner > 0, distance / 70, np.inf), expected.min(0),
                                   rtol=1e-4)  # fmt: skip
        reached = owner > 0
        own = np.take_along_axis(expected, np.maximum(owner - 1, 0)[None].astype(int), 0)[0]
        np.testing.assert_allclose(own[reached], expected.min(0)[reached], rtol=1e-4)

    def test_one_nucleus_or_none_leaves_the_clump_as_it_is(self):
        mask, _ = two_touching_discs()
        for nuclei in (np.zeros(mask.shape), disc(4, (31, 20), mask.shape)):
            assert split(ByNucleus(), mask, None, nuclei).max() == 1

    def test_what_no_nucleus_reaches_is_an_object_of_its_own(self):
        mask, _ = two_touching_discs()
        nuclei = disc(4, (31, 16), mask.shape) + 2 * disc(4, (31, 40), mask.shape)
        mask[2:5, 60:70] = True
        found = split(ByNucleus(), mask, None, nuclei)
        assert found.max() == 3
        assert found[3, 65] not in (found[31, 16], found[31, 40], 0)

    def test_a_nucleus_mostly_elsewhere_does_not_count(self):
        mask, _ = two_touching_discs()
        nuclei = disc(4, (31, 16), mask.shape) + 2 * disc(4, (60, 40), mask.shape)
        assert split(ByNucleus(), mask, None, nuclei).max() == 1

    def test_needs_nuclei(self):
        with pytest.raises(InputError, match=r"it got no nuclei; give their labels"):
            split(ByNucleus(), disc(9))

    def test_has_one_source(self):
        with pytest.raises(ValueError, match="either nuclei or channel"):
            ByNucleus(nuclei="nucleus", channel="DAPI")


def dijkstra(labels, seeds):
    """Distance of every pixel from every seed by brute force, (seeds, Y, X)."""
    height, width = labels.shape
    out = np.full((seeds.max(), height, width), np.inf)
    for k in range(1, seeds.max() + 1):
        heap = [(0.0, y, x) for y, x in np.argwhere((seeds == k) & (labels > 0))]
        done = set()
        while heap:
            way, y, x = heapq.heappop(heap)
            if (y, x) in done:
                continue
            done.add((y, x))
            out[k - 1, y, x] = way
            for a in range(max(0, y - 1), min(height, y + 2)):
                for b in range(max(0, x - 1), min(width, x + 2)):
                    if labels[a, b] == labels[y, x]:
                        heapq.heappush(heap, (way + np.hypot(a - y, b - x), a, b))
    return out


class TestTime:
    def test_a_lost_neck_does_not_merge_the_cells(self):
        mask, _ = two_touching_discs()
        filled = mask.copy()
        filled[18:46, 20:44] = True
        movie = ArrayFrames(np.stack([mask, mask, filled, mask, mask]).astype(np.uint8))
        counts = {}
        for around in (0, 2):
            step = ByDistance(around=around)
            counts[around] = [int(f.max()) for f in step(movie, state=step.prepare(movie))]
        assert counts == {0: [2, 2, 1, 2, 2], 2: [2, 2, 2, 2, 2]}

    def test_a_lost_nucleus_does_not_merge_the_cells(self):
        mask, _ = two_touching_discs()
        one = disc(4, (31, 16), mask.shape).astype(np.uint8)
        both = one + 2 * disc(4, (31, 40), mask.shape).astype(np.uint8)
        labels = ArrayFrames(np.stack([mask] * 5).astype(np.uint8))
        nuclei = ArrayFrames(np.stack([both, both, one, both, both]))
        step = ByNucleus()
        found = step(labels, None, nuclei, state=step.prepare(labels))
        assert [int(f.max()) for f in found] == [2] * 5

    def test_flickers_less_on_a_phantom(self):
        phantom = ColonyPhantom(
            field_px=(256, 256), n_frames=12, n_cells=6, n_divisions=0, area_um2=150,
            photoelectrons=500, seed=7,
        ).make()  # fmt: skip
        clumps = ArrayFrames((phantom.truth.frames.asarray() > 0).astype(np.uint8))
        changes = []
        for around in (0, 2):
            step = ByDistance(around=around)
            found = step(clumps, state=step.prepare(clumps)).asarray()
            changes.append(flicker(clumps.asarray(), found)[0])
        assert changes[1] < changes[0]


class TestInAStudy:
    def test_nuclei_are_another_set(self):
        both = {"cell": {"declump": {"method": "nucleus", "nuclei": "nucleus"}}, "nucleus": {}}
        step = settings_from({"objects": both}, where="study.toml").objects["cell"].declump
        assert step == ByNucleus(nuclei="nucleus")

    @pytest.mark.parametrize(
        ("objects", "told"),
        [
            ({"cell": {}}, r"nuclei: it is missing; add \[objects.nucleus\], or set channel"),
            ({"cell": {"nuclei": "cell"}}, "'cell' is no other set of objects"),
            (
                {"cell": {"nuclei": "nucleos"}, "nucleus": None},
                "'nucleos' is no other set of objects; set it to one of nucleus",
            ),
            (
                {"cell": {"nuclei": "nucleus"}, "nucleus": {"nuclei": "cell"}},
                r"\[objects\]: cell → nucleus → cell: each waits for the nuclei of the next",
            ),
            ({"cell": {"nekc": 1}}, r"\[objects.cell.declump\] nekc: unknown setting"),
        ],
    )
    def test_faults(self, objects, told):
        values = {
            name: {} if given is None else {"declump": {"method": "nucleus", **given}}
            for name, given in objects.items()
        }
        with pytest.raises(FaultsError, match=told):
            settings_from({"objects": values}, where="study.toml")


def test_a_confluent_sheet_in_one_object_is_cut_into_its_cells():
    """Merging takes time by the number of neighbours, not by the cube of that of pieces."""
    n, apart = 40, 15
    y, x = np.mgrid[: n * apart, : n * apart] % apart - apart // 2
    sheet = np.hypot(y, x) < 8.5
    found = split(ByDistance(half_width_px=7), sheet)
    assert np.max(found) == n * n


def test_a_small_cell_with_a_nucleus_in_every_frame_is_a_cell():
    large, small = disc(18, (32, 22)), disc(7, (32, 44))
    nuclei = disc(5, (32, 22)) + 2 * disc(3, (32, 46))
    mask, seeds = (
        ArrayFrames(np.repeat(np.asarray(a)[None], 5, axis=0).astype(np.uint16))
        for a in (large | small, nuclei)
    )
    step = ByNucleus()
    found = step(mask, nuclei=seeds, state=step.prepare(mask, nuclei=seeds)).asarray()
    assert found.max(axis=(1, 2)).tolist() == [2] * 5
