"""What strikes in the masks of a movie."""

import warnings

import numpy as np
import pytest

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.frames import ArrayFrames, MappedFrames
from lamella.run.remarks import Tally, named, naming


def tally_of(areas):
    labels = np.zeros((len(areas), 20, 20), np.uint16)
    for frame, area in zip(labels, areas, strict=True):
        frame.ravel()[:area] = 1
    tally = Tally()
    tally.watching(ArrayFrames(labels)).asarray()
    return tally


def test_a_frame_unlike_those_around_is_told():
    tally = tally_of([100, 104, 98, 190, 101, 97, 103])
    assert list(tally.jumps()) == [3]
    with pytest.warns(
        LamellaWarning, match=r"cell\.tif: in 1 of 7 frames .* 1\.9 times in frame 3"
    ):
        tally.warn("cell.tif")


@pytest.mark.parametrize(
    "areas",
    [[100] * 6, [100, 110, 121, 133, 146, 161, 177], [100, 0, 100, 104, 0, 99], [100, 300, 100]],
    ids=["steady", "growing", "empty frames are told elsewhere", "too few to tell"],
)
def test_what_cells_do_is_not_told(areas):
    tally = tally_of(areas)
    assert not tally.jumps()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tally.warn("cell.tif")


def test_counts_in_words():
    tally = tally_of([40, 0, 80])
    assert tally.n_empty == 1
    assert tally.in_words() == "0 to 1 objects a frame, 0 to 20 % of the field"


def test_a_step_that_knows_no_file_is_told_with_its_name():
    with pytest.warns(LamellaWarning, match=r"^a\.tif: nothing moves"), naming("a.tif"):
        warnings.warn("nothing moves", LamellaWarning, stacklevel=1)
    with pytest.raises(InputError, match=r"^a\.tif: too short; film on"), naming("a.tif"):
        raise InputError("method", "too short", "film on")


def test_a_frame_that_cannot_be_computed_is_told_with_its_movie():
    def fails(t):
        raise InputError(f"frame {t}" if t else "page.tif", "it is odd", "mend it")

    odd = MappedFrames(ArrayFrames(np.zeros((3, 2, 2))), fails)
    with pytest.raises(InputError, match=r"^a\.tif, frame 2: it is odd; mend it$"):
        named(odd, "a.tif").frame(2)
    with pytest.raises(InputError, match=r"^page\.tif: it is odd"):
        named(odd, "a.tif").frame(0)
    with pytest.raises(InputError, match=r"^a\.tif, frame 1: "), naming("a.tif"):
        odd.frame(1)
