"""The picture of definitions: what is tinted is measured, and each row says how to get it."""

import tomllib

import numpy as np
import pytest
from PIL import Image

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.movie import Movie
from lamella.core.table import Col
from lamella.io import tiff
from lamella.measure import Lamellipodium, measure
from lamella.report.filmstrip import CAPTION_PX
from lamella.report.sweep import SweepRow, sweep_picture
from lamella.run.settings import settings_from
from lamella.run.sweep import sweep, variants
from worlds import disc

FIELD = (64, 64)


def world(n=6, second=False):
    """A cell whose right third is bright; a second, flat one on demand."""
    mask = disc(14, (24, 24), FIELD).astype(np.uint16)
    image = np.where(mask, 100, 10)
    image[:, 28:] = np.where(mask[:, 28:], 300, 10)
    noise = np.random.default_rng(0).integers(0, 9, (n, *FIELD))
    if second:
        other = disc(8, (48, 50), FIELD)
        mask[other], image[other] = 2, 100
    movie = Movie.from_array((image + noise).astype(np.uint16), pixel_size_um=0.5, interval_min=2)
    return movie, Labels.from_array(np.stack([mask] * n))


def orange(picture):
    r, g, b = np.moveaxis(picture.astype(int), -1, 0)
    return (r > g + 25) & (g > b + 8)


def test_tints_what_belongs_and_nothing_else():
    image = np.full(FIELD, 100.0)
    mask = disc(20).astype(np.uint8)
    share = np.zeros(FIELD, np.float32)
    share[:, 32:] = 1  # beyond the cell too: it is not tinted there
    rows = [
        SweepRow("right", ["a = 1"], [share], [1.234]),
        SweepRow("none", ["b = 2"], [np.full(FIELD, np.nan, np.float32)], [np.nan]),
    ]
    picture = sweep_picture([image], [mask], rows, captions=["frame 0"], height_px=128)
    tiles = picture[CAPTION_PX:, -131:-3]
    first, right, none = tiles[:128], tiles[131:259], tiles[262:390]
    assert not orange(first).any()
    assert not orange(none).any()
    found = orange(right)
    assert not found[:, :60].any()
    expected = np.count_nonzero(mask[:, 32:]) * (128 / 54) ** 2  # the window is 1.35 cells wide
    assert found.sum() == pytest.approx(expected, rel=0.1)


def test_a_share_of_half_is_tinted_by_half():
    image, mask = np.full(FIELD, 100.0), disc(20).astype(np.uint8)
    rows = [SweepRow("", [], [np.full(FIELD, value, np.float32)], [1.0]) for value in (0, 0.5, 1)]
    picture = sweep_picture([image], [mask], rows, height_px=100).astype(int)
    none, half, full = (picture[103 * k + 50, -53] for k in (1, 2, 3))
    np.testing.assert_allclose(half, (none + full) / 2, atol=2)


def test_frames_masks_and_rows_must_match():
    image, mask = np.zeros(FIELD), disc(20).astype(np.uint8)
    with pytest.raises(ValueError, match="masks and shares of 1 frames"):
        sweep_picture([image], [mask], [SweepRow("", [], [], [])])
    with pytest.raises(ValueError, match="0 frames"):
        sweep_picture([], [], [])


@pytest.mark.parametrize("base", [Lamellipodium(), Lamellipodium(closing_px=2, band_um=2.0)])
def test_the_lines_of_every_row_choose_its_definition(base):
    every = variants(base)
    assert len(every) == 14
    assert len({v.recipe for v in every}) == 14
    for variant in every:
        *lines, column = variant.recipe
        table = tomllib.loads("\n".join(lines))
        step = settings_from(
            {"measure": {"lamellipodium": table}}, where="test"
        ).measure.lamellipodium
        assert column == f"→ {variant.column}"
        for name in ("side", "polarity_by", "closing_px"):
            assert getattr(step, name) == getattr(variant.step, name)
        if variant.column != Col.LAYER_RATIO:
            assert step.percentile == variant.step.percentile
        if variant.column == Col.BAND_RATIO:
            assert step.band_um == variant.step.band_um


def test_ratios_are_those_that_would_be_measured(monkeypatch):
    movie, labels = world(second=True)
    drawn = {}
    monkeypatch.setattr(
        "lamella.run.sweep.sweep_picture",
        lambda images, masks, rows, **how: drawn.update(rows=rows, **how),
    )
    sweep(movie, labels, frames=[1, 4], level=lambda *_: 10.0, cell=1)
    for variant, row in zip(variants(Lamellipodium()), drawn["rows"], strict=True):
        frames = measure(movie, labels, [variant.step], level=lambda *_: 10.0).frames
        own = frames[frames[Col.CELL] == 1].set_index(Col.FRAME)[variant.column]
        np.testing.assert_allclose(row.ratios, own.loc[[1, 4]])
    assert drawn["cell"] == 1
    assert drawn["captions"] == ["frame 1, 2 min", "frame 4, 8 min"]
    sweep(movie, labels, frames=[1], level=lambda *_: 10.0)
    frames = measure(movie, labels, [Lamellipodium()], level=lambda *_: 10.0).frames
    both = frames.loc[frames[Col.FRAME] == 1, Col.LAM_CYTO_RATIO]
    published = next(r for r in drawn["rows"] if r.title == "brightest 50 %")
    assert published.ratios == [pytest.approx(both.median())]


def test_where_there_is_nothing_to_show():
    movie, labels = world()
    with pytest.raises(InputError, match="no cell 7"):
        sweep(movie, labels, cell=7)
    empty = Labels.from_array(np.zeros((6, *FIELD), np.uint8))
    with pytest.raises(InputError, match="no object"):
        sweep(movie, empty)
    with pytest.raises(InputError, match="no channel named 'RFP'"):
        sweep(movie, labels, channel="RFP")


def test_the_command(lamella, tmp_path):
    movie, labels = world(second=True)
    tiff.write_labels(tmp_path / "labels.tif", labels.frames, scale=movie.scale, name="cell")
    tiff.write_labels(tmp_path / "movie.tif", movie.channel(), scale=movie.scale, name="cell")
    words = ("sweep", tmp_path / "movie.tif", tmp_path / "labels.tif", "-o", tmp_path / "s.png")
    code, told, errors = lamella(*words, "--frames", 3, "--set", "background.method=percentile")
    assert code == 0, errors
    assert "14 definitions" in told
    with Image.open(tmp_path / "s.png") as picture:
        assert picture.width > 3 * 150
        assert picture.height > 15 * 150
    code, _, errors = lamella(*words)
    assert code == 2
    assert "--force" in errors
