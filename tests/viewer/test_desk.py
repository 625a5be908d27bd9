"""A run opened in a window: what is looked at, and that frames are read as they are shown."""

import numpy as np

from lamella.core.frames import ArrayFrames
from lamella.napari.desk import desk_of
from lamella.napari.lazy import LazyStack


class Told(ArrayFrames):
    """Frames that count how often they were read."""

    def __init__(self, array):
        super().__init__(array)
        self.read = []

    def frame(self, t):
        self.read.append(t)
        return super().frame(t)


def test_only_what_is_shown_is_read(viewer, qtbot):
    frames = Told(np.arange(20 * 30 * 40, dtype=np.uint16).reshape(20, 30, 40))
    layer = viewer.add_image(LazyStack(frames), contrast_limits=(0, 24000))
    desk = desk_of(viewer)
    desk.frame = 7
    assert desk.frame == 7
    assert set(frames.read) <= {0, 7, 9}  # napari begins in the middle
    assert np.array_equal(layer._slice.image.view, frames.asarray()[7])
    assert desk_of(viewer) is desk


def test_a_stack_is_indexed_as_an_array():
    array = np.random.default_rng(0).integers(0, 9, (6, 5, 4))
    stack = LazyStack(ArrayFrames(array))
    for key in (0, -1, np.int64(3), (2, 1), (slice(1, 5, 2), 3), slice(None), (slice(None), 2, 1),
                (slice(3, 3),), Ellipsis, (Ellipsis, 2), ([0, 4], slice(1, 3))):  # fmt: skip
        assert np.array_equal(stack[key], array[key]), key
    assert (len(stack), stack.size, stack.nbytes) == (6, array.size, array.nbytes)
    assert np.array_equal(np.asarray(stack), array)
