"""The recurrent segmenter: windows, tiles, what is held, and what is made of what it says."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from lamella.core.errors import InputError, NotInstalledError, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.io import open_labels, open_movie, tiff
from lamella.io.model_folder import kind_of_model
from lamella.kernels.grey_levels import levelled
from lamella.kernels.time_window import window_after, window_before
from lamella.nets.convlstm_unet import (
    Architecture,
    from_scratch,
    inference,
    load_network,
    read_model,
    save_model,
)
from lamella.run.models import segmenters_of
from lamella.run.stages import keys_of
from lamella.run.study import open_study
from lamella.run.task import task_for
from lamella.run.weights import weights_of
from lamella.segment import Recurrent
from lamella.segment.recurrent import predict, step
from lamella.segment.recurrent.objects import cleaned, single
from lamella.segment.recurrent.predict import Prediction
from lamella.segment.recurrent.smooth import reach_of, smoothed
from lamella.segment.recurrent.tiles import tiles_of
from worlds.small_cellpose import small_cell
from worlds.small_recurrent import WINDOW

N = 6


@pytest.fixture(scope="module")
def movie():
    return ArrayFrames(small_cell(150, n_frames=N).movie.channel().asarray())


def found_by(weights, **settings):
    return Recurrent(model=str(weights), smallest_px=30, device="cpu", **settings)


def said_of(step, frames, **changes):
    settings = {
        "window": WINDOW, "backwards": False, "tile_px": None, "batch_size": 1, **changes
    }  # fmt: skip
    return Prediction(step.load(), frames, step.prepare(frames).levels, **settings)


def shown(step, frames):
    levels = step.prepare(frames).levels
    return np.stack([levelled(frame, levels) for frame in frames])


def by_the_network(weights, window):
    """Probability and distance, as the network itself gives them for one window."""
    with torch.no_grad():
        given = torch.from_numpy(np.ascontiguousarray(window))[None]
        logits = load_network(weights, device="cpu")(given)[0]
    return torch.sigmoid(logits[1] - logits[0]).numpy(), logits[2].numpy()


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("held_bytes", [0, 2**40], ids=["features", "gates"])
def test_each_frame_encoded_once_is_the_network_on_every_window(
    small_recurrent, movie, backwards, held_bytes, monkeypatch
):
    monkeypatch.setattr(predict, "_HELD_BYTES", held_bytes)
    monkeypatch.setattr(inference, "_STRIP_BYTES", 96 * 1280 * 5)  # several strips
    step = found_by(small_recurrent)
    said, seen = said_of(step, movie, backwards=backwards), shown(step, movie)
    encoded = []
    contribution = said._network.contribution
    monkeypatch.setattr(
        said._network, "contribution", lambda *a, **k: encoded.append(1) or contribution(*a, **k)
    )
    for t in range(N):
        windows = [window_before(t, length=WINDOW, n_frames=N)]
        windows += [window_after(t, length=WINDOW, n_frames=N)] if backwards else []
        wanted = np.mean([by_the_network(small_recurrent, seen[each]) for each in windows], axis=0)
        got = said(t)
        assert np.abs(got.cell - wanted[0]).max() <= 1e-5
        assert np.abs(got.distance - wanted[1]).max() <= 1e-5
    assert len(encoded) == N
    assert said(N - 1).cell.max() > 0.2


def test_tiles_and_batches_change_nothing(small_recurrent):
    rng = np.random.default_rng(0)
    image = gaussian_filter(rng.normal(size=(3, 150, 181)), (0, 2, 2)).astype(np.float32)
    frames, step = ArrayFrames(image), found_by(small_recurrent)
    whole = said_of(step, frames)(2)
    assert whole.cell.std() > 0.05
    for tile, batch in ((112, 1), (96, 4)):
        said = said_of(step, frames, tile_px=tile, batch_size=batch)
        assert len(said._tiles) > 4
        assert np.abs(said(2).cell - whole.cell).max() <= 1e-4
        assert np.abs(said(2).distance - whole.distance).max() <= 1e-4


def test_tiles_keep_every_pixel_once_and_the_strides_in_phase():
    for shape, side, margin, multiple in (((992, 1008), 512, 96, 16), ((64, 640), 100, 64, 32)):
        tiles = tiles_of(shape, side_px=side, margin_px=margin, multiple=multiple)
        kept = np.zeros(shape, int)
        for tile in tiles:
            kept[tile.there] += 1
            assert not np.any(np.array(tile.seen + tile.kept) % multiple)
            for seen, wanted, inwards in zip(tile.seen, tile.kept, (-1, 1, -1, 1), strict=True):
                assert seen == wanted + inwards * margin or seen in (0, *shape)
        assert np.array_equal(kept, np.ones(shape))


def test_small_tiles_do_not_cost_many_times_the_frame():
    for margin, multiple in ((208, 16), (416, 32)):
        tiles = tiles_of((3072, 3072), side_px=64, margin_px=margin, multiple=multiple)
        seen = [(bottom - top) * (right - left) for top, bottom, left, right in
                (tile.seen for tile in tiles)]  # fmt: skip
        assert len(tiles) > 1
        assert sum(seen) < 9 * 3072**2


def test_the_margin_of_tiles_is_that_of_one_frame():
    margins = [
        inference.Inference(
            from_scratch(Architecture(poolings=2, filters=2, window=window), seed=0)
        ).margin_px
        for window in (1, 64)
    ]
    assert margins[0] == margins[1]


def test_tiles_change_nothing_in_a_longer_window_than_it_learnt_with(small_recurrent):
    rng = np.random.default_rng(1)
    image = gaussian_filter(rng.normal(size=(4, 100, 181)), (0, 2, 2)).astype(np.float32)
    frames, step = ArrayFrames(image), found_by(small_recurrent, window=12)
    whole = said_of(step, frames, window=12, backwards=True)(3)
    tiled = said_of(step, frames, window=12, backwards=True, tile_px=96, batch_size=3)
    assert len(tiled._tiles) > 1
    assert np.abs(tiled(3).cell - whole.cell).max() <= 1e-4


def test_a_movie_shorter_than_the_window_and_a_single_frame(small_recurrent, movie):
    step = found_by(small_recurrent, window=8)
    for n in (1, 2):
        frames = ArrayFrames(movie.asarray()[:n])
        seen = shown(step, frames)[window_before(n - 1, length=8, n_frames=n)]
        got = said_of(step, frames, window=8)(n - 1).cell
        wanted, turned = (by_the_network(small_recurrent, each)[0] for each in (seen, seen[::-1]))
        assert np.abs(got - wanted).max() <= 1e-4
        assert n == 1 or np.abs(turned - wanted).max() > 1e-2  # what other frames would give


def test_window_of_one_sees_every_frame_alone(small_recurrent, movie):
    step = found_by(small_recurrent, window=1)
    assert step.reach == (0, 0)
    alone, other = movie.asarray(), movie.asarray()
    other[[0, 1, 3, 4]] = other[[4, 3, 1, 0]]
    state = step.prepare(movie)
    for a in (step(ArrayFrames(alone), state=state), step(ArrayFrames(other), state=state)):
        np.testing.assert_array_equal(a.frame(2), step(movie, state=state).frame(2))


def test_reach_is_the_window_and_the_smoothing(small_recurrent):
    assert found_by(small_recurrent).reach == (WINDOW - 1, WINDOW - 1)
    assert found_by(small_recurrent, window=7, smooth_sigma=2).reach == (14, 14)


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (5, 30)])
def test_frames_smaller_than_the_strides(small_recurrent, shape):
    frames = ArrayFrames(np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32))
    labels = found_by(small_recurrent)(frames)
    assert labels.asarray().shape == (2, *shape)


def test_frames_of_one_grey_value_have_no_cells(small_recurrent, movie):
    image = movie.asarray()
    image[2] = image.max()
    labels = found_by(small_recurrent)(ArrayFrames(image))
    assert not labels.frame(2).any()
    assert labels.frame(1).any()
    nothing = ArrayFrames(np.full((2, 40, 40), np.nan, np.float32))
    assert not found_by(small_recurrent)(nothing).asarray().any()


def test_confidence_is_how_far_the_probability_is_from_a_coin(small_recurrent, movie):
    step = found_by(small_recurrent)
    sure = step.confidence(movie)
    assert sure.dtype == np.float32
    wanted = np.abs(2 * said_of(step, movie)(3).cell - 1)
    np.testing.assert_array_equal(sure.frame(3), wanted)
    assert 0 <= wanted.min() < 0.5 < wanted.max() <= 1


def test_mask_is_closed_filled_and_rid_of_small_objects():
    mask = np.zeros((60, 60), bool)
    mask[10:40, 10:40] = True
    mask[15:20, 15:20] = False  # a hole
    mask[10:40, 30:32] = False  # a gap
    mask[50:54, 50:54] = True  # debris
    wanted = np.zeros_like(mask)
    wanted[10:40, 10:40] = True
    got = cleaned(mask, close_px=3, fill=True, smallest_px=100)
    assert (got ^ wanted)[12:38].sum() == 0
    assert not got[45:].any()
    as_it_is = cleaned(mask, close_px=0, fill=False, smallest_px=1)
    np.testing.assert_array_equal(as_it_is, mask)


def test_more_objects_than_their_numbers_have_room_for_are_told():
    many = np.arange(70_000, dtype=np.int32).reshape(100, -1)
    with pytest.raises(
        InputError, match="frame 3 shows 69999 objects, more than labels of 16 bits"
    ):
        step._numbered(many, 3, np.dtype(np.uint16))
    np.testing.assert_array_equal(step._numbered(many, 3, np.dtype(np.uint32)), many)


def two_that_touch():
    y, x = np.indices((40, 70))
    first, second = np.hypot(y - 20, x - 20) < 16, np.hypot(y - 20, x - 48) < 16
    depth = np.maximum(16 - np.hypot(y - 20, x - 20), 16 - np.hypot(y - 20, x - 48)) / 16
    return first, second, np.maximum(depth, 0).astype(np.float32)


def test_touching_cells_are_cut_where_the_distance_has_its_valley():
    first, second, distance = two_that_touch()
    mask = first | second
    labels = single(mask, distance, seed_above=0.5)
    assert labels.max() == 2
    np.testing.assert_array_equal(labels > 0, mask)
    assert len(np.unique(labels[first & ~second])) == 1
    assert labels[20, 10] != labels[20, 60]
    assert single(mask, None, seed_above=0.5).max() == 1
    assert single(mask, distance * 0.4, seed_above=0.5).max() == 1  # no middle: it stays whole


def test_smoothing_is_a_gaussian_in_both_planes_of_time():
    masks = np.random.default_rng(0).random((9, 20, 24)) > 0.5
    planes = [
        gaussian_filter(masks.astype(float), sigma, mode="reflect", truncate=4)
        for sigma in ((1.5, 1.5, 0), (1.5, 0, 1.5))
    ]
    for t in (0, 4, 8):
        got = smoothed(lambda i: masks[i], t, sigma=1.5, n_frames=9)
        np.testing.assert_allclose(got, np.mean(planes, axis=0)[t], atol=1e-6)
    assert reach_of(1.5) == 6


def test_smoothing_bridges_a_lost_frame_and_only_above_0_swells():
    cell = np.zeros((15, 40, 60), bool)
    for t in range(15):
        cell[t, 10:30, 5 + 2 * t : 25 + 2 * t] = True
    lost = cell.copy()
    lost[7] = False
    share = smoothed(lambda i: lost[i], 7, sigma=2, n_frames=15)
    assert np.logical_and(share > 0.5, cell[7]).sum() > 0.7 * cell[7].sum()
    assert (share > 0).sum() > 1.8 * cell[7].sum()
    assert (share > 0.5).sum() < 1.1 * cell[7].sum()


def test_execution_is_no_part_of_the_result(small_recurrent):
    plain = found_by(small_recurrent)
    other = plain.model_copy(update={"device": "auto", "tile_px": 512, "batch_size": 3})
    assert plain.provenance() == other.provenance()
    assert "model" not in plain.deciding()["settings"]
    assert plain.deciding() != plain.model_copy(update={"window": 1}).deciding()


def test_the_same_weights_under_another_name_decide_the_same(small_recurrent, tmp_path):
    copied = tmp_path / "other.safetensors"
    copied.write_bytes(small_recurrent.read_bytes())
    one = weights_of(found_by(small_recurrent), tmp_path)
    other = weights_of(Recurrent(model="other.safetensors"), tmp_path)
    assert one.deciding() == other.deciding()
    assert other.told() == {"file": "other.safetensors", "sha256": one.digest}


def test_files_that_are_wrong_are_told(tmp_path, small_recurrent, movie):
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(small_recurrent.read_bytes()[:3000])
    with pytest.raises(InputError, match="cut short"):
        found_by(cut)(movie)
    with pytest.raises(SettingsError, match="no file or folder"):
        weights_of(Recurrent(model="absent.safetensors"), tmp_path)


def test_without_pytorch_the_extra_is_named(small_recurrent, movie, monkeypatch):
    monkeypatch.setattr(step, "load_network", _without_torch)
    with pytest.raises(NotInstalledError, match=r"lamella\[recurrent\]"):
        found_by(small_recurrent)(movie)


def _without_torch(path, *, device):
    from lamella.nets.convlstm_unet.installation import refuse_without

    refuse_without("torch_that_is_absent")


def test_the_reach_is_known_without_pytorch(small_recurrent):
    code = (
        "import sys; from lamella.segment import Recurrent;"
        f"print(Recurrent(model={str(small_recurrent)!r}).reach.before, 'torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == [str(WINDOW - 1), "False"]


def test_models_are_told_apart_by_their_files(tmp_path, small_recurrent):
    assert kind_of_model(small_recurrent) == "recurrent"
    (tmp_path / "weights.safetensors").touch()
    assert kind_of_model(tmp_path) == "recurrent"
    assert kind_of_model(tmp_path / "absent") == "cellpose"
    assert kind_of_model(tmp_path / "weights.pth") == "cellpose"


STUDY = """
outlines = false
[scale]
pixel_size_um = 0.5
interval_min = 1
[objects.cell.segment]
method = "recurrent"
smallest_px = 30
model = "{model}"
"""


@pytest.fixture
def folder(tmp_path, small_recurrent):
    """A study of one movie, and weights beside it."""
    movie = small_cell(150, n_frames=3).movie
    tiff.write_movie(tmp_path / "a.ome.tif", movie.channels, scale=movie.scale)
    (tmp_path / "samples.csv").write_text("movie,path,condition\na,a.ome.tif,x\n")
    (tmp_path / "one.safetensors").symlink_to(small_recurrent)
    (tmp_path / "study.toml").write_text(STUDY.format(model="one.safetensors"))
    return tmp_path


def key_of_study(folder, model):
    (folder / "study.toml").write_text(STUDY.format(model=model))
    study = open_study(folder)
    return keys_of(task_for(study, study.samples[0], folder / "out"))["segment/cell"]


def test_a_study_tells_its_weights_and_a_run_is_what_the_step_gives(
    folder, lamella, small_recurrent
):
    code, _, err = lamella("run", folder)
    assert code == 0, err
    done = json.loads((folder / "results/movies/a/manifest.json").read_text())
    provenance = done["stages"]["segment/cell"]["provenance"]
    assert provenance["weights"] == {
        "file": "one.safetensors",
        "sha256": weights_of(found_by(small_recurrent), folder).digest,
    }
    movie = open_movie(folder / "a.ome.tif").channel()
    found = open_labels(folder / "results/movies/a/segmented/cell.ome.tif").frames.asarray()
    np.testing.assert_array_equal(found, found_by(small_recurrent)(movie).asarray())
    assert "sees every frame together with those before" in (
        folder / "results" / "report.html"
    ).read_text(encoding="utf-8")


def test_weights_decide_and_names_do_not(folder, small_recurrent):
    key = key_of_study(folder, "one.safetensors")
    (folder / "two.safetensors").symlink_to(small_recurrent)
    assert key_of_study(folder, "two.safetensors") == key
    tensors, architecture, _ = read_model(small_recurrent)
    save_model(folder / "three.safetensors", tensors, architecture, about={"made": "again"})
    assert key_of_study(folder, "three.safetensors") != key


def test_a_broken_model_is_told_by_check_before_anything_starts(folder, lamella, small_recurrent):
    (folder / "cut.safetensors").write_bytes(small_recurrent.read_bytes()[:4000])
    (folder / "study.toml").write_text(STUDY.format(model="cut.safetensors"))
    code, _, err = lamella("check", folder)
    assert code == 1
    assert "cut.safetensors: it is no file of safetensors, or was cut short" in err


def test_models_to_compare_may_be_recurrent(folder, small_recurrent):
    study = open_study(folder)
    as_is, other = segmenters_of(["as-is", str(small_recurrent)], study, "cell")
    assert as_is is None
    assert isinstance(other, Recurrent)
    assert other.smallest_px == 30  # the study's own settings stay
    assert (folder / other.model).resolve() == small_recurrent.resolve()
