"""The network that comes with Lamella: its file, what it finds, and how it is made."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from make_model import make
from recipe import Recipe, drawn_movies, trained

from lamella.evaluate import PixelCounts
from lamella.nets.convlstm_unet import SHIPPED, Architecture, find_model, read_model
from lamella.phantom import ColonyPhantom
from lamella.segment import Recurrent


def test_the_file_is_small_and_of_the_architecture_that_is_promised():
    file = find_model()
    assert file.stat().st_size < 2e6
    _, architecture, about = read_model(file)
    assert architecture == SHIPPED
    assert "phantoms" in about["encoder"]


@pytest.mark.parametrize(("look", "light"), [("fluorescence", 300), ("phase", 2000)])
def test_it_segments_phantoms_that_it_never_saw(look, light):
    phantom = ColonyPhantom(
        look=look, photoelectrons=light, background_photoelectrons=0.02 * light, n_frames=3,
        field_px=(160, 160), n_cells=4, n_divisions=0, seed=77,
    ).make()  # fmt: skip
    frames, step = phantom.movie.channel(), Recurrent()
    found = step(frames, state=step.prepare(frames)).asarray()
    assert PixelCounts.of(phantom.truth.frames.asarray(), found).dice >= 0.9


def tiny() -> Recipe:
    recipe = Recipe(
        movies=4, sparse_movies=2, n_frames=4, side_px=64, sparse_side_px=80,
        architecture=Architecture(poolings=2, filters=2, window=3, head="distance"),
    )  # fmt: skip
    few = {"epochs": 2, "patches_per_epoch": 4, "batch_size": 2, "norm_patches": 5}
    small = recipe.stills.patches.model_copy(update={"patch_px": 32})
    windows = small.model_copy(update={"single_frames": 0.5})
    steps = {
        name: fit.model_copy(update={**few, "patches": windows if name == "windows" else small})
        for name, fit in recipe.steps.items()
    }
    return recipe.model_copy(update=steps)


def made(folder: Path) -> bytes:
    """The bytes of the weights."""
    file = folder / "model.safetensors"
    make(tiny(), folder=folder, model=file, page=folder / "card.md", workers=1, tested=1)
    return file.read_bytes()


class Stopped(Exception):
    """Somebody pulled the plug."""


@pytest.mark.parametrize("after", [1, 3, 5])
def test_stopped_and_begun_again_it_comes_to_the_same_weights(tmp_path, whole, after):
    def advance(done, total):
        assert total == 6
        if done == after:
            raise Stopped

    with pytest.raises(Stopped):
        trained(tiny(), drawn_movies(tiny(), workers=1), folder=tmp_path, advance=advance)
    assert made(tmp_path) == whole[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return made(folder), (folder / "card.md").read_text("utf-8")


def test_the_card_tells_what_was_done(whole):
    card = whole[1]
    assert "4 movies of 4 frames, 64 × 64 px, and 2 sparse ones of 80 × 80 px" in card
    assert "| stills | 8 | 32 px | all but sparse | 1 |" in card
    assert "| windows | 8 | 32 px | half sparse | 3; in 50% 1 |" in card
    assert "## Where it fails" in card


def test_movies_are_the_same_however_many_processes_draw_them():
    recipe = tiny()
    alone, several = (dict(drawn_movies(recipe, workers=n)) for n in (1, 2))
    assert alone.keys() == several.keys()
    assert all(np.array_equal(alone[n].frames, several[n].frames) for n in alone)
