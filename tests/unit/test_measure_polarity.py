"""Where the lamellipodium lies, what is in front, and how the front advances, where it is known."""

import warnings

import numpy as np
import pandas as pd
import pytest

from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.measure import Lamellipodium, Sightings, measure
from lamella.phantom import CellPhantom
from lamella.preprocess import CameraOffset
from worlds import disc, line, one_pixel, ring

FIELD = (96, 96)


def crescent(angle, *, at=(47.5, 47.5), radius=24.0, width=0.9, depth=8, bright=300, field=FIELD):
    """Image and mask of a disc with a bright rim on one side, `width` radians to either side."""
    mask = disc(radius, at, field)
    y, x = np.indices(field)
    dy, dx = y - at[0], x - at[1]
    off = np.angle(np.exp(1j * (np.arctan2(dy, dx) - angle)))
    rim = mask & (np.hypot(dy, dx) > radius - depth) & (np.abs(off) < width)
    return np.where(rim, bright, np.where(mask, 100, 0)).astype(np.uint16), mask


def found(images, masks, step=None, *, um=0.25, minutes=2.0, level=None, names=None, **others):
    images = np.asarray(images)
    movie = Movie.from_array(
        images, axes="TYX" if images.ndim == 3 else "TCYX", channel_names=names,
        pixel_size_um=um, interval_min=minutes,
    )  # fmt: skip
    return measure(
        movie, Labels.from_array(np.asarray(masks).astype(np.uint16)),
        [step or Lamellipodium()], level=level, **others,
    )  # fmt: skip


def gliding(step_px, n=8, *, start=(30.0, 30.0), angle=None, **settings):
    """A disc with a crescent in front that moves by the same (dy, dx) every frame."""
    angle = np.arctan2(*step_px) if angle is None else angle
    return zip(
        *[
            crescent(angle, at=(start[0] + t * step_px[0], start[1] + t * step_px[1]), **settings)
            for t in range(n)
        ],
        strict=True,
    )


def apart(a, b):
    """Angle in radians between directions in degrees and in radians."""
    return np.abs(np.angle(np.exp(1j * (np.deg2rad(np.asarray(a, float)) - np.asarray(b)))))


class TestPolarity:
    @pytest.mark.parametrize("by", ["halves", "band", "layers"])
    @pytest.mark.parametrize("angle", np.linspace(-3, 3, 7))
    def test_points_to_the_crescent(self, by, angle):
        image, mask = crescent(angle)
        image = np.where(mask & (image > 100) & (np.indices(FIELD).sum(0) % 2 == 0), 250, image)
        # Three values, so that there are three layers; a quarter of the cell is bright.
        share = 100 * (1 - np.mean(image[mask] > 100))
        step = Lamellipodium(percentile=share, polarity_by=by)
        frames = found([image] * 2, [mask] * 2, step).frames
        assert np.rad2deg(apart(frames[Col.POLARITY_ANGLE], angle)).max() < 1

    def test_has_the_length_between_the_centroids(self):
        image, mask = crescent(0.5)
        row = found([image] * 2, [mask] * 2).frames.iloc[0]
        own = np.column_stack(
            [row[[Col.LAM_Y_PX, Col.LAM_X_PX]], row[[Col.CYTO_Y_PX, Col.CYTO_X_PX]]]
        )
        expected = np.hypot(*(own[:, 0] - own[:, 1]).astype(float))
        assert row[Col.POLARITY_PX] == pytest.approx(expected)
        assert row[Col.POLARITY_UM] == pytest.approx(expected * 0.25)
        assert row[Col.POLARITY_RELATIVE] == pytest.approx(expected / np.sqrt(mask.sum() / np.pi))

    def test_of_a_flat_cell_is_none(self):
        mask = disc(20)
        frames = found(np.stack([mask * 100] * 2).astype(np.uint16), [mask] * 2).frames
        np.testing.assert_allclose(frames[Col.POLARITY_PX], 0, atol=1e-9)
        assert frames[Col.POLARITY_ANGLE].isna().all()
        assert frames[Col.POLARITY_FRONT_AREA_PX].isna().all()
        assert frames[Col.POLARITY_TIP_Y_PX].isna().all()

    def test_finds_the_true_lamellipodium_of_a_phantom(self):
        phantom = CellPhantom(field_px=(200, 200), n_frames=10, seed=3, photoelectrons=2000).make()
        truth = Labels("cell", ArrayFrames(phantom.truth.frames.asarray()))
        frames = measure(
            phantom.movie, truth, [Lamellipodium()], level=CameraOffset(offset=100)
        ).frames
        compartments = phantom.compartments.frames.asarray()
        angles = []
        for frame in compartments:
            lam, body = (np.array(np.nonzero(frame == k)).mean(axis=1) for k in (2, 1))
            angles.append(np.arctan2(*(lam - body)))
        assert np.rad2deg(apart(frames[Col.POLARITY_ANGLE], angles)).max() < 12


class TestMovement:
    @pytest.mark.parametrize("step", [(2.0, 0.0), (0.0, -3.0), (2.0, 3.0), (-1.0, 2.0)])
    @pytest.mark.parametrize("turn", [0.0, np.pi / 3, np.pi])
    def test_cosine_is_exact(self, step, turn):
        start = [70.0 if s < 0 else 28.0 for s in step]
        angle = np.arctan2(*step) + turn
        images, masks = gliding(step, start=start, angle=angle)
        frames, cells, _ = found(images, masks)
        own = frames[Col.POLARITY_ANGLE]
        assert np.rad2deg(apart(own, angle)).max() < 1
        assert frames[Col.POLARITY_COS_MOVEMENT].isna().tolist() == [True] * 3 + [False] * 5
        known = frames.iloc[3:]
        np.testing.assert_allclose(known[Col.WINDOW_MOVEMENT_PX], 3 * np.hypot(*step))
        np.testing.assert_allclose(known[Col.WINDOW_MOVEMENT_UM], 0.75 * np.hypot(*step))
        np.testing.assert_allclose(known[Col.WINDOW_MOVEMENT_DY_UM], 0.75 * step[0], atol=1e-12)
        np.testing.assert_allclose(known[Col.WINDOW_MOVEMENT_DX_UM], 0.75 * step[1], atol=1e-12)
        assert frames[Col.WINDOW_MOVEMENT_UM].isna().tolist() == [True] * 3 + [False] * 5
        np.testing.assert_allclose(known[Col.WINDOW_MOVEMENT_ANGLE], np.rad2deg(np.arctan2(*step)))
        np.testing.assert_allclose(
            known[Col.POLARITY_COS_MOVEMENT],
            np.cos(np.deg2rad(own[3:]) - np.arctan2(*step)),
            rtol=1e-12,
        )
        assert cells[Col.POLARITY_FORWARD].iloc[0] == (np.cos(turn) > 0)
        assert cells[Col.N_COSINES].iloc[0] == 5

    def test_a_cell_that_stays_has_none(self):
        image, mask = crescent(1.0)
        frames = found([image] * 6, [mask] * 6).frames
        assert (frames[Col.WINDOW_MOVEMENT_PX].iloc[3:] == 0).all()
        assert frames[Col.WINDOW_MOVEMENT_ANGLE].isna().all()
        assert frames[Col.POLARITY_COS_MOVEMENT].isna().all()
        assert frames[Col.MOVEMENT_TIP_Y_PX].isna().all()

    def test_short_movements_have_no_direction(self):
        images, masks = gliding((0.0, 1.0), start=(47.5, 30.0))
        images, masks = list(images), list(masks)
        near = found(images, masks, sightings=Sightings(min_movement_px=3.0)).frames
        far = found(images, masks, sightings=Sightings(min_movement_px=3.1)).frames
        assert near[Col.WINDOW_MOVEMENT_ANGLE].notna().sum() == 5
        assert far[Col.WINDOW_MOVEMENT_ANGLE].isna().all()
        assert far[Col.WINDOW_MOVEMENT_PX].notna().sum() == 5

    def test_a_step_that_is_not_valid_hides_the_windows_over_it(self):
        images, masks = (list(x) for x in gliding((0.0, 2.0), n=10, start=(47.5, 28.0)))
        masks[4] = disc(6, (47.5, 36.0), FIELD)  # lost most of the cell
        frames, cells, _ = found(images, masks)
        assert frames[Col.VALID].tolist() == [True] * 4 + [False] + [True] * 5
        known = [3, 8, 9]
        for column in (
            Col.WINDOW_MOVEMENT_PX,
            Col.POLARITY_COS_MOVEMENT,
            Col.MOVEMENT_FRONT_AREA_PX,
            Col.MOVEMENT_TIP_VELOCITY,
            Col.MOVEMENT_TIP_X_PX,
        ):
            assert np.flatnonzero(frames[column].notna()).tolist() == known
        there = np.flatnonzero(frames[Col.POLARITY_TIP_ADVANCE_PX].notna())
        assert there.tolist() == [1, 2, 3, 6, 7, 8, 9]
        valid = frames[Col.VALID].to_numpy()
        mean = frames[Col.POLARITY_PX].to_numpy()[valid].mean()
        assert cells[Col.POLARITY_PX].iloc[0] == pytest.approx(mean)

    def test_the_published_ratio_counts_every_frame_that_is_seen(self):
        images, masks = (list(x) for x in gliding((0.0, 2.0), n=6, start=(47.5, 28.0)))
        masks[4] = disc(6, (47.5, 50.0), FIELD)
        frames, cells, _ = found(images, masks)
        assert not frames[Col.VALID].iloc[4]
        assert cells[Col.LAM_CYTO_RATIO].iloc[0] == pytest.approx(frames[Col.LAM_CYTO_RATIO].mean())


class TestSides:
    def test_of_a_disc_are_equal(self):
        images, masks = gliding((2.0, 3.0), bright=100)
        row = found(images, masks).frames.iloc[-1]
        assert row[Col.MOVEMENT_FRONT_AREA_PX] == pytest.approx(
            row[Col.MOVEMENT_BACK_AREA_PX], rel=1e-6
        )
        assert row[Col.MOVEMENT_FRONT_BACK_RATIO] == pytest.approx(1, rel=1e-6)
        assert row[Col.MOVEMENT_LAM_FRONT_FRACTION] == pytest.approx(0.5, rel=1e-6)
        assert row[Col.MOVEMENT_FRONT_AREA_UM2] == row[Col.MOVEMENT_FRONT_AREA_PX] * 0.25**2

    def test_by_a_line_between_columns_are_what_lies_there(self):
        """Movement along +x: the line runs between two columns, so that plain sums are exact."""
        images, masks = (list(x) for x in gliding((0.0, 2.0), start=(47.5, 30.5)))
        frames = found(images, masks, level=lambda frame, labels, channel: 10.0).frames
        t = 5
        row, image, mask = frames.iloc[t], images[t].astype(float), masks[t]
        ahead = mask & (np.arange(FIELD[1]) > 30.5 + 2 * t)
        bright = image > 100
        # The dim half ends within the tied body: ties belong to the bright half by their share.
        n_bright, n_tied = (mask & bright).sum(), (mask & ~bright).sum()
        share = np.where(bright, 1.0, (mask.sum() / 2 - n_bright) / n_tied)
        assert row[Col.MOVEMENT_FRONT_AREA_PX] == pytest.approx(ahead.sum())
        assert row[Col.MOVEMENT_FRONT_MEAN] == pytest.approx(image[ahead].mean() - 10)
        behind = mask & ~ahead
        assert row[Col.MOVEMENT_FRONT_BACK_RATIO] == pytest.approx(
            (image[ahead].mean() - 10) / (image[behind].mean() - 10)
        )
        for side, names in (
            (ahead, (Col.MOVEMENT_LAM_FRONT_AREA_PX, Col.MOVEMENT_LAM_FRONT_MEAN)),
            (behind, (Col.MOVEMENT_LAM_BACK_AREA_PX, Col.MOVEMENT_LAM_BACK_MEAN)),
        ):
            weight = share[side]
            assert row[names[0]] == pytest.approx(weight.sum(), rel=1e-5)
            assert row[names[1]] == pytest.approx(
                (weight * image[side]).sum() / weight.sum() - 10, rel=1e-5
            )

    def test_add_up_to_the_lamellipodium(self):
        images, masks = gliding((2.0, 1.0))
        frames = found(images, masks).frames.iloc[3:]
        for front, back in (
            (Col.POLARITY_LAM_FRONT_AREA_PX, Col.POLARITY_LAM_BACK_AREA_PX),
            (Col.MOVEMENT_LAM_FRONT_AREA_PX, Col.MOVEMENT_LAM_BACK_AREA_PX),
        ):
            np.testing.assert_allclose(
                frames[front] + frames[back], frames[Col.LAM_AREA_PX], rtol=1e-5
            )


class TestTip:
    @pytest.mark.parametrize("step", [(2.0, 0.0), (0.0, -3.0), (2.0, 3.0), (-1.0, -2.0)])
    def test_of_a_gliding_disc_is_as_fast_as_the_disc(self, step):
        start = [70.0 if s < 0 else 28.0 for s in step]
        images, masks = gliding(step, start=start)
        frames, cells, _ = found(images, masks)
        speed = np.hypot(*step) * 0.25 / 2.0
        np.testing.assert_allclose(frames[Col.MOVEMENT_TIP_VELOCITY].iloc[3:], speed, rtol=1e-9)
        assert cells[Col.MOVEMENT_TIP_VELOCITY].iloc[0] == pytest.approx(speed)
        way = np.array(step) / np.hypot(*step)
        row = frames.iloc[-1]
        from_centre = row[[Col.MOVEMENT_TIP_Y_PX, Col.MOVEMENT_TIP_X_PX]].to_numpy(float) - row[
            [Col.Y_PX, Col.X_PX]
        ].to_numpy(float)
        assert from_centre @ way == pytest.approx(24, abs=1)
        assert abs(from_centre @ [way[1], -way[0]]) < 4

    def test_of_a_growing_disc_is_as_fast_as_its_edge(self):
        masks = [disc(12 + t, (47.0, 40.0 + t), FIELD) for t in range(6)]
        frames = found([m * np.uint16(100) for m in masks], masks).frames
        np.testing.assert_allclose(frames[Col.MOVEMENT_TIP_ADVANCE_PX].iloc[3:], 2, rtol=1e-9)

    def test_ties_are_averaged(self):
        masks = np.zeros((5, 30, 60), bool)
        for t in range(5):
            masks[t, 10:20, 10 + 3 * t : 30 + 3 * t] = True
        row = found(masks * np.uint16(100), masks).frames.iloc[-1]
        assert (row[Col.MOVEMENT_TIP_Y_PX], row[Col.MOVEMENT_TIP_X_PX]) == (14.5, 41)


class TestShift:
    @pytest.mark.parametrize("lag", [-2, 0, 3])
    def test_of_polarity_after_movement_is_found(self, lag):
        """Direction turns steadily back and forth; the crescent points where it went `lag` ago."""
        n = 40
        angle = 1.5 * np.sin(np.arange(-10, n + 10) / 4)
        at = np.cumsum(np.stack([np.sin(angle), np.cos(angle)], 1), axis=0) * 1.5
        at += (60, 40) - at[10]
        field = (140, 140)
        # Between frames t − 1 and t + 1 the cell goes along the mean of two directions.
        pairs = [
            crescent((angle[t - lag + 10] + angle[t - lag + 11]) / 2, at=at[t + 10], radius=18,
                     depth=7, field=field) for t in range(n)
        ]  # fmt: skip
        images, masks = zip(*pairs, strict=True)
        _, cells, finer = found(images, masks, Lamellipodium(max_shift=6))
        assert cells[Col.POLARITY_SHIFT_FRAMES].iloc[0] == lag
        assert cells[Col.POLARITY_SHIFT_MIN].iloc[0] == 2 * lag
        assert cells[Col.POLARITY_SHIFT_COS].iloc[0] > 0.99
        table = finer["polarity_shifts"]
        assert table[Col.SHIFT_FRAMES].tolist() == list(range(-6, 7))
        assert (table[Col.N_SHIFT] >= n - 2 - 6).all()

    def test_of_a_few_frames_is_not_told(self):
        images, masks = gliding((0.0, 2.0), n=6, start=(47.5, 28.0))
        cells = found(images, masks).cells
        assert cells[Col.POLARITY_SHIFT_FRAMES].isna().all()


class TestDefinitions:
    def test_the_dim_side_is_the_other_half(self):
        image, mask = crescent(0.3)
        bright = found([image] * 2, [mask] * 2).frames.iloc[0]
        dim = found([image] * 2, [mask] * 2, Lamellipodium(side="dim")).frames.iloc[0]
        assert dim[Col.LAM_CYTO_RATIO] == pytest.approx(1 / bright[Col.LAM_CYTO_RATIO])
        other = np.deg2rad(bright[Col.POLARITY_ANGLE])
        assert apart(dim[Col.POLARITY_ANGLE], other) == pytest.approx(np.pi)
        assert dim[Col.LAM_X_PX] == pytest.approx(bright[Col.CYTO_X_PX])

    @pytest.mark.parametrize("percentile", [40, 50, 70])
    def test_percentiles_have_their_areas(self, percentile):
        image, mask = crescent(0.3)
        row = found([image] * 2, [mask] * 2, Lamellipodium(percentile=percentile)).frames.iloc[0]
        share = 1 - percentile / 100
        assert row[Col.LAM_FRACTION] == pytest.approx(share)
        assert row[Col.LAM_AREA_PX] == pytest.approx(share * mask.sum())
        assert row[Col.LAM_AREA_UM2] == pytest.approx(share * mask.sum() * 0.0625)
        parts = row[[Col.LAYER_BODY_AREA_PX, Col.LAYER_TRANSITION_AREA_PX, Col.LAYER_LAM_AREA_PX]]
        assert parts.isna().all()  # two values have no three layers

    def test_closing_fills_a_gap_and_nothing_beyond_the_cell(self):
        mask = disc(20)
        image = np.where(mask, 100, 0).astype(np.uint16)
        image[:, 40:] = np.where(mask[:, 40:], 300, 0)
        gap = mask & (np.arange(64) == 44)
        image[gap] = 100
        share = 100 * (1 - np.mean(image[mask] > 100))
        plain = found([image] * 2, [mask] * 2, Lamellipodium(percentile=share)).frames.iloc[0]
        closed = found(
            [image] * 2, [mask] * 2, Lamellipodium(percentile=share, closing_px=1)
        ).frames.iloc[0]
        gained = closed[Col.LAM_AREA_PX] - plain[Col.LAM_AREA_PX]
        assert gap.sum() - 2 <= gained <= gap.sum()
        assert closed[Col.LAM_AREA_PX] + closed[Col.CYTO_AREA_PX] == pytest.approx(mask.sum())
        assert np.isnan(closed[Col.LAM_CYTO_RATIO_NOISE])

    def test_settings_that_clash_are_refused(self):
        with pytest.raises(ValueError, match="needs band_um"):
            Lamellipodium(polarity_by="band", band_um=None)
        with pytest.raises(ValueError, match="needs layers"):
            Lamellipodium(polarity_by="layers", layers=False)

    def test_the_published_measure_alone(self):
        image, mask = crescent(0.3)
        all_, only = (
            found([image] * 2, [mask] * 2, step)
            for step in (Lamellipodium(), Lamellipodium.published())
        )
        shared = [c for c in only.frames if c in all_.frames]
        pd.testing.assert_frame_equal(only.frames[shared], all_.frames[shared])
        assert Col.POLARITY_PX not in only.frames
        assert not only.finer


DEGENERATE = {
    "one pixel": one_pixel((8, 8), FIELD),
    "a line": line(7, field=FIELD),
    "a ring": ring(12, 15, None, FIELD),
    "all of the field": np.ones(FIELD, bool),
    "two pieces": disc(5, (20, 20), FIELD) | disc(5, (70, 70), FIELD),
    "none": np.zeros(FIELD, bool),
}


@pytest.mark.parametrize("um", [0.25, None])
@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_cells_are_measured_without_a_warning(name, um):
    mask = DEGENERATE[name]
    image = np.random.default_rng(0).integers(50, 200, (5, *FIELD)).astype(np.uint16)
    masks = np.stack([mask] * 5)
    masks[2] = False  # a frame without it
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for step in (
            Lamellipodium(),
            Lamellipodium(side="dim", closing_px=2, polarity_by="layers"),
        ):
            frames, cells, finer = found(image, masks, step, um=um, minutes=None if um else 1.0)
    assert len(cells) == (name != "none")
    assert {"cortex", "cortex_mean", "polarity_shifts"} == set(finer)
    if name == "none":
        assert not len(frames)
        return
    assert frames[Col.RING_MEAN].isna().all() == (um is None)
    if name == "one pixel":
        assert (
            frames[[Col.LAM_CYTO_RATIO, Col.LAYER_RATIO, Col.POLARITY_ANGLE]].isna().all(axis=None)
        )
    if name == "all of the field":
        assert frames[Col.RING_OUTSIDE_MEAN].isna().all()
    measured = frames.drop(columns=[c for c in frames if frames[c].dtype.kind not in "f"])
    assert measured.iloc[2].drop(Col.TIME_MIN).isna().all()


def test_a_cell_of_a_single_frame():
    image, mask = crescent(0.3)
    with pytest.warns(match="one frame"):
        frames, cells, _ = found(image[None], mask[None])
    assert np.isfinite(frames[Col.POLARITY_ANGLE]).all()
    assert frames[Col.POLARITY_COS_MOVEMENT].isna().all()
    assert cells[Col.N_COSINES].iloc[0] == 0
    assert np.isnan(cells[Col.POLARITY_FORWARD].iloc[0])


def test_channels_have_their_own_polarity_and_share_the_movement():
    images, masks = (list(x) for x in gliding((0.0, 2.0), start=(47.5, 28.0)))
    other = [crescent(np.pi, at=(47.5, 28.0 + 2 * t))[0] for t in range(len(images))]
    frames, cells, finer = found(np.stack([images, other], axis=1), masks, names=["front", "rear"])
    row = frames.iloc[-1]
    assert row["polarity_cos_movement__front"] == pytest.approx(1)
    assert row["polarity_cos_movement__rear"] == pytest.approx(-1)
    assert row[Col.WINDOW_MOVEMENT_ANGLE] == 0
    assert {"movement_front_area_px", "movement_front_mean__rear"} <= set(frames)
    assert "movement_front_area_px__rear" not in frames
    assert {"cortex_mean__front", "cortex_mean__rear"} <= set(finer["cortex"])
    assert {"polarity_shift_frames__front", "n_undefined_ratio_frames__rear"} <= set(cells)


def test_what_is_trusted_is_decided_elsewhere():
    images, masks = (list(x) for x in gliding((0.0, 2.0), start=(47.5, 28.0)))
    strict = Sightings(min_iou=0.999)
    frames = found(images, masks, sightings=strict).frames
    assert frames[Col.WINDOW_MOVEMENT_PX].isna().all()
    assert frames[Col.POLARITY_TIP_VELOCITY].isna().all()
