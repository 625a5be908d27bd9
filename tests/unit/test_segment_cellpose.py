"""Cellpose as a segmenter: its masks, its diameter, its nuclear channel, and its doors."""

import json
import shutil

import numpy as np
import pytest

from faults.studies import lamella
from lamella.core.errors import InputError, LamellaWarning
from lamella.core.frames import ArrayFrames, chunked
from lamella.core.movie import Scale
from lamella.io import open_labels, tiff
from lamella.kernels.contingency import contingency
from lamella.kernels.regions import find_regions
from lamella.nets.cellpose import load
from lamella.run.stages import keys_of
from lamella.run.study import open_study
from lamella.run.task import task_for
from lamella.segment import Cellpose
from lamella.segment.cellpose.diameter import chosen, in_words, is_looked_at, settled, told
from lamella.segment.cellpose.step import Known
from worlds import disc
from worlds.small_cellpose import small_cell


@pytest.fixture(scope="module")
def several():
    """Two frames of four cells each, 192 × 192 px."""
    four = [small_cell(300 + i).movie.channel().asarray() for i in range(4)]
    return np.concatenate(
        [np.concatenate(four[:2], axis=2), np.concatenate(four[2:], axis=2)], axis=1
    )


def worst_iou(a, b):
    """Of every object of either image with its best partner in the other."""
    pairs = contingency(a, b)
    best_a, best_b = np.zeros(len(pairs.label_a)), np.zeros(len(pairs.label_b))
    np.maximum.at(best_a, pairs.a, pairs.iou)
    np.maximum.at(best_b, pairs.b, pairs.iou)
    return min(best_a.min(), best_b.min())


class TestMasks:
    @pytest.mark.parametrize("batch_size", [None, 4])
    def test_are_those_of_a_plain_call_per_frame(self, small_cellpose, several, batch_size):
        step = Cellpose(model=str(small_cellpose), batch_size=batch_size)
        found = step(ArrayFrames(several)).asarray()
        model = load(small_cellpose)
        assert found.dtype == np.uint16
        for frame, labels in zip(several, found, strict=True):
            plain = model.eval(frame, channels=[0, 0])[0]
            assert plain.max() == 4
            assert worst_iou(plain, labels) >= 0.99

    def test_the_nuclear_channel_is_the_second_input(self, small_cellpose, several):
        frame, nucleus = several[:1], several[:1, ::-1].copy()
        step = Cellpose(model=str(small_cellpose), nuclear_channel="DNA", cellprob_threshold=-3)
        found = step(ArrayFrames(frame), ArrayFrames(nucleus)).frame(0)
        both = np.stack([frame[0], nucleus[0]], axis=-1)
        settings = {"channels": [1, 2], "channel_axis": -1, "cellprob_threshold": -3}
        plain = load(small_cellpose).eval(both, **settings)[0]
        np.testing.assert_array_equal(found > 0, plain > 0)
        alone = step(ArrayFrames(frame)).frame(0)
        assert (alone > 0).sum() != (found > 0).sum()

    def test_a_nuclear_channel_of_another_field_is_refused(self, small_cellpose, several):
        step = Cellpose(model=str(small_cellpose))
        with pytest.raises(InputError, match="nuclear channel: 2 frames of 192 × 191 px do not"):
            step(ArrayFrames(several), ArrayFrames(several[:, :, 1:]))

    def test_of_frames_of_five_pixels_and_of_nothing(self, small_cellpose):
        step = Cellpose(model=str(small_cellpose))
        rng = np.random.default_rng(0)
        tiny = rng.poisson(200, (1, 5, 5)).astype(np.uint16)
        assert step(ArrayFrames(tiny)).frame(0).shape == (5, 5)
        assert not step(ArrayFrames(np.full((1, 32, 32), 7, np.uint8))).frame(0).any()


class TestDiameter:
    @pytest.mark.parametrize(("planted", "side"), [(16, 96), (60, 192)])
    def test_planted(self, small_cellpose, planted, side):
        cells = small_cell(
            310, area_um2=72 * (planted / 30) ** 2, field_px=(side, side), n_frames=3
        )
        frames = ArrayFrames(cells.movie.channel().asarray())
        area = [find_regions(cells.truth.frame(t)).area[0] for t in (0, 2)]
        truth = np.median(np.sqrt(4 * np.array(area) / np.pi))
        step = Cellpose(model=str(small_cellpose), diameter_px="estimate")
        state = step.prepare(frames)
        assert step.told(state)["diameter_px"] == pytest.approx(truth, rel=0.1)
        assert step.told(state)["frames"] == [0, 2]
        assert "from 2 objects in 2 frames" in step.in_words(state)
        labels = step(frames, state=state).frame(1)
        truth_there = cells.truth.frame(1) > 0
        assert ((labels > 0) & truth_there).sum() / ((labels > 0) | truth_there).sum() > 0.8

    def test_is_looked_for_elsewhere_where_nothing_is_found(self):
        """A network that sees cells only at nearly their own diameter, here 70 px."""

        def masks(t, px):
            seen.append(round(px))
            return disc(35, (50, 50), (101, 101)) * (0.7 < px / 70 < 1.4)

        seen = []
        state = settled(ArrayFrames(np.zeros((1, 101, 101))), masks, start=30)
        assert chosen(state) == pytest.approx(70, rel=0.02)
        assert seen[:2] == [30, 60]

    def test_a_network_that_never_settles_is_told(self):
        """It finds objects twice as wide as it looks for, up to a limit, and then small ones."""

        def masks(t, px):
            return disc(px if px < 40 else 5, (100, 100), (201, 201)).astype(int)

        state = settled(ArrayFrames(np.zeros((1, 201, 201))), masks, start=30)
        assert told(state)["frames_that_did_not_settle"] == [0]

    def test_without_cells_that_of_the_weights_is_used(self):
        nothing = ArrayFrames(np.zeros((7, 40, 40)))
        state = settled(nothing, lambda t, px: np.zeros((40, 40), int), start=30)
        with pytest.warns(LamellaWarning, match=r"no whole object .* \(0, 2, 6\): that of the wei"):
            assert chosen(state) is None
        assert told(state)["diameter_px"] is None
        assert "nothing was found" in in_words(state)

    def test_is_the_same_wherever_the_movie_is_cut(self):
        frames = ArrayFrames(np.zeros((16, 64, 64)))
        step = Cellpose(diameter_px="estimate")

        def masks(t, px):
            return disc(8 + t, (32, 32), (64, 64)).astype(int)

        whole = settled(frames, masks, start=30)
        assert sorted(whole) == [t for t in range(16) if is_looked_at(t)] == [0, 2, 6, 14]
        for edges in ([1], [7], [2, 3, 14]):
            parts = [settled(part, masks, start=30) for part in chunked(frames, edges)]
            merged = step.merge([Known(part, None) for part in parts])
            assert step.told(merged) == told(whole)


STUDY = """
outlines = false
[scale]
interval_min = 1
[objects.cell.segment]
method = "cellpose"
model = "{model}"
"""


@pytest.fixture
def folder(tmp_path, small_cellpose):
    """A study of a movie of one cell and one of nothing, and weights beside it."""
    movie = small_cell(320, n_frames=3).movie.channel().asarray()
    flat = np.random.default_rng(0).poisson(100, movie.shape).astype(np.uint16)
    for name, shown in (("a", movie), ("b", np.full_like(movie, 100))):
        channels = {"GFP": ArrayFrames(shown), "DNA": ArrayFrames(flat)}
        tiff.write_movie(tmp_path / f"{name}.ome.tif", channels, scale=Scale(0.5))
    (tmp_path / "samples.csv").write_text("movie,path,condition\na,a.ome.tif,x\nb,b.ome.tif,x\n")
    (tmp_path / "one.pth").symlink_to(small_cellpose)
    (tmp_path / "study.toml").write_text(STUDY.format(model="one.pth"))
    return tmp_path


def set_segment(folder, **values):
    text = (folder / "study.toml").read_text().split("model =")[0]
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    (folder / "study.toml").write_text(text + "\n".join(lines) + "\n")


def key_with(folder, **values):
    """The key of segmenting the first movie with these settings."""
    set_segment(folder, **values)
    study = open_study(folder)
    return keys_of(task_for(study, study.samples[0], folder / "out"))["segment/cell"]


class TestStudy:
    def test_a_run_tells_its_weights_and_warns_of_a_movie_without_cells(self, folder):
        said = lamella("run", folder)
        assert said.code == 0, said.err
        done = json.loads((folder / "results/movies/a/manifest.json").read_text())
        provenance = done["stages"]["segment/cell"]["provenance"]
        assert len(provenance["weights"]["sha256"]) == 64
        assert provenance["weights"]["cellpose"].startswith("3.")
        assert not {"device", "batch_size"} & set(provenance["segment"]["settings"])
        labels = open_labels(folder / "results/movies/a/labels/cell.ome.tif").frames.asarray()
        assert (labels.max(axis=(1, 2)) == 1).all()
        assert "no cell was found in any of 3 frames" in said.err + said.out
        assert "found by Cellpose [" in (folder / "results" / "report.html").read_text()

    def test_weights_decide_and_names_and_devices_do_not(self, folder, small_cellpose):
        import torch

        key = key_with(folder, model="one.pth")
        (folder / "two.pth").symlink_to(small_cellpose)
        assert key_with(folder, model="two.pth", device="cpu", batch_size=2) == key
        assert key_with(folder, model="two.pth", nuclear_channel="DNA") != key
        weights = torch.load(small_cellpose, weights_only=True)
        weights["diam_labels"] += 1.0
        torch.save(weights, folder / "three.pth")
        assert key_with(folder, model="three.pth") != key

    def test_a_name_that_cellpose_reads_a_diameter_from_decides(self, folder, small_cellpose):
        key = key_with(folder, model="one.pth")
        shutil.copy(small_cellpose, folder / "nucleitorch_0")
        assert key_with(folder, model="nucleitorch_0") != key

    @pytest.mark.parametrize("follow", [False, True])
    def test_what_goes_wrong_in_a_frame_is_told_with_movie_and_frame(self, folder, follow):
        set_segment(folder, model="one.pth", diameter_px=0.001, follow=follow)
        said = lamella("run", folder, "--only", "a")
        assert said.code == 1
        assert f"{folder / 'a.ome.tif'}, frame 0: its 96 × 96 px grow to" in said.out + said.err

    def test_what_cannot_be_used_is_told_before_anything_starts(self, folder, small_cellpose):
        good, cut = small_cellpose.read_bytes(), folder / "cut.pth"
        cut.write_bytes(good[: len(good) // 2])
        nucleus = '[objects.nucleus.segment]\nmethod = "cellpose"\nmodel = "cut.pth"\n'
        set_segment(folder, model="absent.pth")
        with (folder / "study.toml").open("a") as file:
            file.write(nucleus)
        for command in ("check", "run"):
            said = lamella(command, folder)
            assert said.code == (1 if command == "check" else 2)
            assert "no model of that name, and there is no file" in said.err
            assert "cut.pth: it is no weight file, or was cut short" in said.err
        assert not (folder / "results").exists()

    def test_a_model_folder_with_other_weights_than_its_card_tells(self, folder, small_cellpose):
        model = folder / "model"
        model.mkdir()
        shutil.copy(small_cellpose, model / "weights.pth")
        set_segment(folder, model="model")
        assert "no model folder: card.json missing" in lamella("run", folder).err
        (model / "card.json").write_text(
            json.dumps({"kind": "cellpose", "weights_sha256": "0" * 64})
        )
        said = lamella("run", folder)
        assert said.code == 2
        assert "these are not the weights that card.json was written for" in said.err

    def test_a_channel_that_is_not_there(self, folder):
        set_segment(folder, model="one.pth", nuclear_channel="DAPI")
        said = lamella("check", folder)
        assert said.code == 1
        assert "no channel named 'DAPI'; its channels are GFP, DNA" in said.err


class TestCommand:
    def test_a_model_folder_with_other_weights_than_its_card_tells(
        self, folder, small_cellpose, monkeypatch
    ):
        monkeypatch.chdir(folder)
        (folder / "model").mkdir()
        shutil.copy(small_cellpose, folder / "model" / "weights.pth")
        (folder / "model" / "card.json").write_text(
            json.dumps({"kind": "cellpose", "weights_sha256": "0" * 64})
        )
        model = ("--set", "model=model")
        said = lamella("segment", "a.ome.tif", "-o", "l.tif", "-m", "cellpose", *model)
        assert said.code != 0
        assert "these are not the weights that card.json was written for" in said.err
        assert not (folder / "l.tif").exists()

    def test_segments_at_the_estimated_diameter(self, folder, monkeypatch):
        monkeypatch.chdir(folder)
        options = ("--set", "model=one.pth", "--set", "diameter_px=estimate")
        said = lamella("segment", "a.ome.tif", "-o", "l.tif", "-m", "cellpose", *options)
        assert said.code == 0, said.err
        assert "cellpose: diameter" in said.err + said.out
        assert open_labels(folder / "l.tif").frames.asarray().max() == 1

    def test_weights_that_cannot_be_had(self, folder, monkeypatch):
        monkeypatch.chdir(folder)
        monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(folder / "cache"))
        monkeypatch.setattr(
            "lamella.nets.cellpose.finding._fetch_or_why_not", lambda address, file: ", offline"
        )
        said = lamella("segment", "a.ome.tif", "-o", "l.tif", "-m", "cellpose")
        assert said.code == 2
        assert "cyto3: no weights in" in said.err
        assert not (folder / "l.tif").exists()
        checked = lamella("check", folder)
        assert checked.code == 0
        set_segment(folder, model="cyto3")
        checked = lamella("check", folder)
        assert checked.code == 0
        assert "cyto3 are not here yet" in checked.err + checked.out
        assert f"put them there as {folder / 'cache' / 'cyto3'}" in checked.err + checked.out
        assert lamella("run", folder).code == 2
