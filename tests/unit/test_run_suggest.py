"""Every segmenter side by side: what is tried, what is read, what is told where one fails."""

import math
import shlex
import tomllib
import warnings
from typing import get_args

import numpy as np
import pytest
import typer

from lamella.cli import app, movie  # noqa: F401  the module adds its commands to the app
from lamella.core.errors import (
    InputError,
    LamellaWarning,
    NotInstalledError,
    OutputError,
    SettingsError,
)
from lamella.core.frames import ArrayFrames, MappedFrames
from lamella.core.movie import Movie, Scale
from lamella.core.step import Reach
from lamella.io import tiff
from lamella.run import suggest
from lamella.run.recipe import segment_command, settings_toml
from lamella.run.settings import settings_from
from lamella.run.single import segmenter_from
from lamella.run.suggest import candidates, pick_frames, suggest_methods, suggestions_file
from lamella.run.trial import NEIGHBOURS, try_segmenter, windows_around
from lamella.segment import ExistingLabels, External, MultiOtsu, Segmenter
from lamella.segment.nuclei import UsesNuclei
from worlds import disc

TRICKY = {
    "words and tables": External(
        function="my models/m.py:f",
        arguments={"a b": [1, 2.5, 1e-7], "path": 'say "µ"\\n', "on": True, "deep": {"x": "true"}},
        before=1,
    ),
    "a word that TOML takes for a value": ExistingLabels(pattern="true"),
    "a number that is a name": ExistingLabels(pattern="17"),
}


class Broken(MultiOtsu):
    def segment(self, frame):
        raise RuntimeError("out of beans")


class Absent(MultiOtsu):
    def __call__(self, frames, *, state=None):
        raise NotInstalledError(
            "--method beans", "torch is not installed", 'install it: pip install "lamella[beans]"'
        )


class Forgotten(MultiOtsu):
    """Its author let the import's own error pass."""

    def __call__(self, frames, *, state=None):
        import no_such_package_of_beans  # noqa: F401


class Warns(MultiOtsu):
    def segment(self, frame):
        warnings.warn("the beans look pale", LamellaWarning, stacklevel=2)
        return super().segment(frame)


class Moving(MultiOtsu):
    """What differs from the mean of the frames around it, against the movie's own noise."""

    @property
    def reach(self):
        return Reach(2, 3)

    def prepare(self, frames):
        return [float(frame.mean()) for frame in frames]

    def merge(self, states):
        return [mean for state in states for mean in state]

    def __call__(self, frames, *, state):
        level = np.mean(state)

        def labels(t):
            around = range(max(t - 2, 0), min(t + 4, len(frames)))
            return (np.mean([frames.frame(s) for s in around], axis=0) > level + 20).astype(int)

        return MappedFrames(frames, labels, dtype=int)


class Recorded(ArrayFrames):
    def __init__(self, array):
        super().__init__(array)
        self.read = set()

    def frame(self, t):
        self.read.add(t)
        return super().frame(t)


def cells(n_frames):
    """A bright disc that stays, in a little noise."""
    noise = np.random.default_rng(0).normal(300, 3, (n_frames, 48, 64))
    return (noise + 200 * disc(8, (20, 30), (48, 64))).astype(np.uint16)


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "cell one.tif"
    tiff.write_movie(path, {"GFP": ArrayFrames(cells(12))}, scale=Scale())
    return path


class TestRegistry:
    def test_every_method_that_needs_nothing_from_the_user_is_tried(self, monkeypatch, tmp_path):
        monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
        (tmp_path / "cyto3").touch()
        monkeypatch.setattr("lamella.segment.recurrent.step.find_model", lambda: tmp_path)
        members = get_args(get_args(Segmenter)[0])
        free = {
            m.model_fields["method"].default
            for m in members
            if not any(field.is_required() for field in m.model_fields.values())
            and not issubclass(m, UsesNuclei)  # whose nuclei the user names
        }
        assert {step.method for step in candidates().values()} == free
        assert not ExistingLabels.suggestions()
        assert not External.suggestions()

    def test_nothing_is_downloaded_for_a_trial(self, monkeypatch, tmp_path):
        monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
        assert "cellpose" not in candidates()
        assert not list(tmp_path.iterdir())

    def test_kinds_of_contrast(self):
        assert candidates()["multiotsu dark"] == MultiOtsu(foreground="dark")


@pytest.mark.parametrize("step", [*candidates().values(), *TRICKY.values()], ids=str)
class TestRecipe:
    def test_the_command_gives_the_same_step(self, step):
        words = shlex.split(segment_command(step, "my cell.tif", channel="a b", axes="TYX"))
        assert words[:2] == ["lamella", "segment"]
        command = typer.main.get_command(app).commands["segment"]
        given = command.make_context("segment", words[2:]).params
        assert segmenter_from(given["method"], given["options"]) == step
        assert (str(given["source"]), given["channel"], given["axes"]) == (
            "my cell.tif",
            "a b",
            "TYX",
        )

    @pytest.mark.parametrize("channel", [None, 'a "b"'])
    def test_the_lines_of_the_settings_give_the_same_step(self, step, channel):
        text = settings_toml(step, channel=channel, axes="TYX")
        settings = settings_from(tomllib.loads(text), where="study.toml")
        assert settings.objects["cell"].segment == step
        assert settings.objects["cell"].channel == channel
        assert settings.scale.axes == "TYX"


class TestFrames:
    @pytest.mark.parametrize(
        ("length", "n", "picked"),
        [(1, 4, [0]), (3, 4, [0, 1, 2]), (4, 4, [0, 1, 2, 3]), (100, 4, [12, 37, 62, 87])],
    )
    def test_are_picked_evenly(self, length, n, picked):
        assert pick_frames(range(length), n) == picked

    def test_parts_do_not_overlap(self):
        assert windows_around(range(100), [3, 40, 47, 98], margin=4) == [
            range(8),
            range(36, 52),
            range(94, 100),
        ]

    def test_only_those_near_the_picked_ones_are_read(self):
        frames = Recorded(cells(400))
        picked = pick_frames(frames.span, 3)
        trial = try_segmenter(Moving(), frames, picked, draw=lambda labels: None)
        assert (trial.fault, trial.n_objects) == ("", [1, 1, 1])
        near = {s for t in picked for s in range(t - NEIGHBOURS, t + NEIGHBOURS + 1)}
        assert frames.read == near
        frames.read.clear()
        try_segmenter(MultiOtsu(), frames, picked, draw=lambda labels: None)
        assert frames.read == {s for t in picked for s in (t, t + 1)}


class TestScores:
    def test_of_known_methods(self, written, tmp_path):
        steps = {
            "a": MultiOtsu(),
            "b": MultiOtsu(edge_px=0),
            "nothing": MultiOtsu(min_contrast=1e6),
        }
        a, b, nothing = suggest_methods(written, tmp_path / "p.html", steps=steps)
        assert (a.name, b.name, nothing.name) == ("a", "b", "nothing")
        area = disc(8, (20, 30), (48, 64)).mean()
        assert [tile.n_objects for tile in a.tiles] == [1, 1, 1, 1]
        assert a.tiles[0].share == pytest.approx(area, rel=0.1)
        assert 0.7 < a.with_others == b.with_others <= 1
        assert 0.95 < a.stability <= 1
        assert 12 * a.seconds_per_frame <= a.seconds_movie < 60
        assert math.isnan(nothing.with_others)
        assert not nothing.found

    def test_the_steps_of_a_page_are_those_of_the_command(self, written, tmp_path):
        choices = suggest_methods(written, tmp_path / "p.html", channel="GFP")
        assert {choice.name for choice in choices} == set(candidates())
        for choice in choices:
            assert shlex.split(choice.command)[2] == str(written)
            assert "--channel GFP" in choice.command
            assert 'channel = "GFP"' in choice.settings


class TestFaults:
    def test_the_others_go_on(self, written, tmp_path):
        steps = {
            "absent": Absent(),
            "forgotten": Forgotten(),
            "broken": Broken(),
            "pale": Warns(),
            "fine": MultiOtsu(),
        }
        out = tmp_path / "p.html"
        told = {c.name: c for c in suggest_methods(written, out, steps=steps)}
        assert list(told) == ["pale", "fine", "broken", "absent", "forgotten"]
        assert told["fine"].with_others == 1
        assert told["pale"].notes == ("the beans look pale",)
        assert (told["broken"].installed, told["broken"].fault) == (
            True,
            "RuntimeError: out of beans",
        )
        assert [told[name].installed for name in ("absent", "forgotten")] == [False, False]
        page = out.read_text()
        assert "<strong>absent</strong> is not installed." in page
        assert "pip install &#34;lamella[beans]&#34;" in page
        assert "<strong>broken</strong> failed. RuntimeError: out of beans" in page
        assert "It warned: the beans look pale" in page

    def test_none_can_be_run(self, written, tmp_path):
        suggest_methods(written, tmp_path / "p.html", steps={"absent": Absent()})
        assert "No method could be run" in (tmp_path / "p.html").read_text()

    @pytest.mark.parametrize("n_frames", [1, 6])
    def test_blank_frames(self, tmp_path, n_frames):
        blank = ArrayFrames(np.full((n_frames, 40, 50), 300, np.uint16))
        tiff.write_movie(tmp_path / "blank.tif", {"GFP": blank}, scale=Scale())
        choices = suggest_methods(tmp_path / "blank.tif", tmp_path / "p.html")
        assert not any(choice.found for choice in choices)
        faults = [choice.fault for choice in choices if choice.fault]
        assert len(faults) == (n_frames == 1)  # motion needs two frames, and says so
        page = (tmp_path / "p.html").read_text()
        assert "No method found anything in these frames" in page
        assert "min_contrast=1.5" in page

    def test_a_still(self, tmp_path):
        tiff.write_movie(tmp_path / "still.tif", {"GFP": ArrayFrames(cells(1))}, scale=Scale())
        first, *_ = suggest_methods(tmp_path / "still.tif", tmp_path / "p.html")
        assert first.found
        assert math.isnan(first.stability)

    def test_a_movie_that_cannot_be_read_ends_it(self, tmp_path, monkeypatch):
        frames = np.full((3, 20, 20), np.nan, np.float32)
        monkeypatch.setattr(suggest, "open_movie", lambda *_, **__: Movie.from_array(frames))
        with pytest.raises(InputError, match="NaN or infinite"):
            suggest_methods(tmp_path / "x.tif", tmp_path / "p.html")
        assert not (tmp_path / "p.html").exists()

    def test_nothing_is_written_over(self, written, tmp_path):
        out = tmp_path / "p.html"
        out.write_text("mine")
        with pytest.raises(OutputError, match="--force"):
            suggest_methods(written, out)
        with pytest.raises(OutputError, match="it is the input"):
            suggest_methods(written, written, force=True)
        assert out.read_text() == "mine"

    @pytest.mark.parametrize("n_frames", [0, -1, 1000])
    def test_how_many_frames(self, written, tmp_path, n_frames):
        with pytest.raises(SettingsError, match=rf"--frames {n_frames}: .*1 to 24"):
            suggest_methods(written, tmp_path / "p.html", n_frames=n_frames)

    def test_where_the_page_goes(self, tmp_path):
        assert suggestions_file(tmp_path / "my cell.ome.tif").as_posix() == "suggest_my_cell.html"
