"""The same movie through every container gives byte-identical tables."""

import numpy as np
import pytest

from faults.studies import SETTINGS as BARE_SETTINGS
from faults.studies import contents, lamella, pixels
from lamella.io import open_movie
from worlds.containers import CONTAINERS, INTERVAL_MIN, PIXEL_UM, Container

# What costs time and looks at the same pixels again is off.
SETTINGS = f"outlines = false\n{BARE_SETTINGS}[measure]\nprotrusion = false\nedge = false\n"
SCALE = f"[scale]\npixel_size_um = {PIXEL_UM}\ninterval_min = {INTERVAL_MIN}\n"
FRAMES = pixels(seed=5, n_frames=7)[:, :62, :]  # not square, so that y and x cannot be mixed up


@pytest.fixture(scope="module")
def tables_of(tmp_path_factory):
    """The tables of a run on the movie in a container, made once."""
    made = {}

    def tables(container: Container):
        if container.name not in made:
            study = tmp_path_factory.mktemp("study")
            (study / "raw").mkdir()
            container.write(study / "raw" / container.name, FRAMES)
            settings = SETTINGS if container.states_scale else SETTINGS + SCALE
            (study / "study.toml").write_text(settings)
            (study / "samples.csv").write_text(
                f"movie,path,condition\ncell,raw/{container.name},WT\n"
            )
            said = lamella("run", study, "--workers", 1)
            assert said.code == 0, said.err
            run = study / "results"
            made[container.name] = {
                # Where a movie lies stands in one table, of all that is told of samples.
                f"{place}/{name}": content.replace(container.name.encode(), b"PATH")
                for place in ("tables", "movies/cell/labels")
                for name, content in contents(run / place).items()
            } | {"frames": (run / "movies/cell/frames.parquet").read_bytes()}
        return made[container.name]

    return tables


@pytest.mark.parametrize("container", CONTAINERS[1:], ids=lambda each: each.name)
def test_tables_are_the_same_bytes(container, tables_of):
    expected, found = tables_of(CONTAINERS[0]), tables_of(container)
    assert list(found) == list(expected)
    assert [name for name in found if found[name] != expected[name]] == []
    assert len(found) > 4


@pytest.mark.parametrize("container", CONTAINERS, ids=lambda each: each.name)
def test_pixels_and_scale_are_those_that_were_written(container, tmp_path):
    path = tmp_path / "raw" / container.name
    path.parent.mkdir()
    container.write(path, FRAMES)
    movie = open_movie(path)
    frames = movie.channel()
    assert frames.dtype == np.uint16
    assert frames.dtype.isnative
    for t in (3, 0, 6, 1):  # in no order
        np.testing.assert_array_equal(frames.frame(t), FRAMES[t])
    np.testing.assert_array_equal(frames.asarray(), FRAMES)
    if container.states_scale:
        assert movie.scale.pixel_size_um == PIXEL_UM
        np.testing.assert_array_equal(movie.scale.time_min, np.arange(7) * INTERVAL_MIN)
    elif movie.scale.pixel_size_um is not None:
        assert movie.scale.pixel_size_um == pytest.approx(PIXEL_UM, rel=1e-6)
