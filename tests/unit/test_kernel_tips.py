"""Tips of stars whose arms are known."""

import numpy as np
import pytest

from lamella.kernels.beyond import pixels_beyond
from lamella.kernels.distance import distance_inside
from lamella.kernels.pieces import one_piece, without_pinholes
from lamella.kernels.tips import find_tips
from worlds import c_shape, disc, ellipse, line, one_pixel, ring, roughened, star

SHAPES = {
    "plain": {},
    "thin": {"width_px": 2.5},
    "thick": {"width_px": 9.0},
    "tapering": {"width_px": 9.0, "taper": 0.2},
    "bent": {"bend": 1.2},
    "large body": {"radius_px": 18.0, "width_px": 6.0},
}


def tips_of(mask, **settings):
    piece, _ = one_piece(mask, join_width_px=None)
    piece = without_pinholes(piece, below_px=20)
    return find_tips(piece, distance_inside(piece), **{"stand_out": 5.0, **settings})


def drawn(seed, shape, n=25):
    """Stars with arms of known places and lengths."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        arms = int(rng.integers(1, 7))
        angles = rng.uniform(0, 7) + 2 * np.pi * np.arange(arms) / arms
        angles += rng.uniform(-0.2, 0.2, arms)
        lengths = shape.get("radius_px", 12.0) + rng.uniform(10, 33, arms)
        at = tuple(64 + rng.uniform(-0.5, 0.5, 2))
        yield *star(angles, lengths, at=at, **shape), lengths


@pytest.mark.parametrize("name", SHAPES)
def test_every_arm_has_its_tip(name):
    for mask, tips, lengths in drawn(77, SHAPES[name]):
        found = tips_of(mask)
        assert len(found.y) == len(tips)
        apart = np.hypot(found.y[:, None] - tips[:, 0], found.x[:, None] - tips[:, 1])
        which = apart.argmin(axis=0)
        assert sorted(which) == list(range(len(tips)))
        assert apart.min(axis=0).max() < 4
        assert found.n_branch_points == (len(tips) >= 3)
        assert not found.cut.any()
        if name != "bent":
            off = abs(found.length[which] - lengths)
            assert (off <= np.maximum(1.5, 0.02 * lengths) + 0.25).all()
        assert (found.length_steps >= found.length - 1e-9).all()


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "thin"])
def test_a_rough_outline_makes_no_tips(name):
    for k, (mask, tips, _) in enumerate(drawn(78, SHAPES[name], n=15)):
        found = tips_of(roughened(mask, 0.2, seed=k))
        assert len(found.y) == len(tips)


def test_turned_and_mirrored_it_is_the_same():
    mask, _ = star([0.3, 1.9, 4.1], [40, 33, 50], field=(128, 120))
    whole = tips_of(mask)
    for turned in (np.rot90(mask), mask[::-1], mask.T):
        found = tips_of(np.ascontiguousarray(turned))
        assert np.allclose(found.length, whole.length, atol=1.0)
        assert np.allclose(found.width, whole.width, atol=0.6)


@pytest.mark.parametrize("width", [3, 5, 9])
def test_width_of_an_arm(width):
    """Distances are to the next pixel outside: up to 1.5 px are added to the true width."""
    for angle in (0.0, 0.4, np.pi / 4):
        mask, _ = star([angle], [45], width_px=width)
        found = tips_of(mask)
        assert found.width[0] == pytest.approx(width + 0.3, abs=1.5)
        assert found.base_width[0] >= found.width[0] - 0.1


def test_what_a_protrusion_is_depends_on_how_far_it_stands_out():
    mask, _ = star([0.0, 2.0], [22, 40])
    assert len(tips_of(mask, stand_out=5).y) == 2
    assert len(tips_of(mask, stand_out=12).y) == 1
    assert len(tips_of(mask, stand_out=5, min_length=30).y) == 1
    assert len(tips_of(mask, stand_out=40).y) == 0
    assert tips_of(mask, stand_out=40).skeleton_length == 0


def test_a_forked_arm():
    """( ●──< )   two tips, and a branch point outside the body."""
    field = (120, 160)
    mask, _ = star([0.0], [60], at=(60, 30), field=field)
    for angle in (-0.7, 0.7):
        arm, _ = star([angle], [35], radius_px=2.5, at=(60, 88), field=field)
        mask |= arm
    found = tips_of(mask)
    assert len(found.y) == 2
    assert found.n_branch_points == 1
    assert found.length == pytest.approx([58 + 35, 58 + 35], abs=3)


def test_arms_at_the_edge_of_the_field_are_cut():
    mask, _ = star([0.0, np.pi / 2, np.pi], [60, 30, 30], at=(64, 90), field=(128, 128))
    found = tips_of(mask, origin=(0, 0), field=(128, 128))
    assert len(found.y) == 3
    assert found.cut.tolist() == [bool(x >= 126) for x in found.x]
    assert found.cut.sum() == 1
    assert not tips_of(mask).cut.any()


DEGENERATE = {
    "one pixel": one_pixel((4, 4), (9, 9)),
    "ring": ring(10, 16, (24, 24), (48, 48)),
    "disc": disc(15, (20, 20), (41, 41)),
    "full": np.ones((30, 30), bool),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_no_tips(name):
    found = tips_of(DEGENERATE[name], stand_out=8)
    assert len(found.y) == 0
    assert found.n_branch_points == 0
    assert found.body_radius >= 0.5


def test_long_cells_have_two_ends():
    for mask, tips in ((line(30, field=(20, 50)), 2), (ellipse((30, 8), 0.4, None, (80, 80)), 2)):
        assert len(tips_of(mask).y) == tips
    bent = tips_of(c_shape(20, 24, (64, 64)))
    assert len(bent.y) == 2
    assert bent.length.sum() > 1.5 * np.hypot(bent.y[0] - bent.y[1], bent.x[0] - bent.x[1])


def test_a_skeleton_leaves_no_stubs():
    """Its only ends are those of the tips, and the middle where one arm begins."""
    for mask, _, _ in drawn(80, {}, n=20):
        found = tips_of(mask)
        y, x = np.nonzero(found.skeleton)
        padded = np.pad(found.skeleton, 1)
        around = sum(
            padded[1 + dy :, 1 + dx :][y, x] for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx
        )
        assert (around == 1).sum() <= max(len(found.y), 2)


class TestPieces:
    def test_the_largest_or_all_along_straight_lines(self):
        big, small = disc(8, (12, 12), (40, 60)), disc(5, (26, 44), (40, 60))
        kept, n = one_piece(big | small, join_width_px=None)
        assert n == 2
        assert (kept == big).all()
        joined, _ = one_piece(big | small, join_width_px=3)
        assert one_piece(joined, join_width_px=None)[1] == 1
        y, x = np.nonzero(joined & ~big & ~small)
        off = np.array([32.0, -14.0]) @ (np.stack([y, x]) - [[12], [12]]) / np.hypot(32, 14)
        assert len(y)
        assert abs(off).max() <= 1.5 + 1e-9

    def test_three_are_joined_by_two_lines(self):
        at = [(10, 10), (10, 40), (40, 40)]
        mask = np.logical_or.reduce([disc(4, place, (50, 50)) for place in at])
        joined, n = one_piece(mask, join_width_px=1)
        assert n == 3
        assert one_piece(joined, join_width_px=None)[1] == 1
        assert not joined[25, 25]  # the longest side is not drawn

    def test_small_holes_are_filled_and_large_ones_stay(self):
        mask = ring(6, 16, (20, 20), (40, 40))
        mask[8, 20] = False
        filled = without_pinholes(mask, below_px=5)
        assert filled[8, 20]
        assert not filled[20, 20]
        assert without_pinholes(filled, below_px=5) is filled


def test_pixels_beyond_a_disc():
    mask = disc(30, (40, 40), (81, 81))
    outside = np.count_nonzero(mask & ~disc(12, (40, 40), (81, 81)))
    assert pixels_beyond(mask, 40, 40, 12) == outside
