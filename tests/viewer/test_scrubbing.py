"""Going through a movie: what is read ahead, what is kept, how outlines are found."""

import threading

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from lamella.core.errors import InputError
from lamella.core.frames import Frames
from lamella.napari import kept
from lamella.napari.lazy import LazyStack

pytest.importorskip("napari")


class Told(Frames):
    """Frames that tell by whom they are read; one of them may be damaged."""

    def __init__(self, n=40, side=64, damaged=None):
        self.span, self.frame_shape, self.dtype = range(n), (side, side), np.dtype(np.uint16)
        self.read, self.damaged = {}, damaged

    def frame(self, t):
        self.read.setdefault(t, []).append(threading.current_thread() is threading.main_thread())
        if t == self.damaged:
            raise InputError("movie.tif", f"frame {t} cannot be read", "copy it again")
        return np.full(self.frame_shape, t, np.uint16)


class TestReadingAhead:
    def test_the_next_frame_is_read_by_another_thread(self):
        frames = Told()
        stack = LazyStack(frames)
        for t in (3, 4, 5, 6):
            assert stack[t][0, 0] == t
            stack.settle()
        assert frames.read == {3: [True], 4: [True], 5: [False], 6: [False], 7: [False]}

    def test_so_it_is_backwards_and_with_steady_steps(self):
        frames = Told()
        stack = LazyStack(frames)
        for t in (20, 19, 18):
            stack.frame(t)
            stack.settle()
        assert frames.read[18] == [False]
        for t in (0, 7, 14, 21):
            stack.frame(t)
            stack.settle()
        assert frames.read[21] == [False]

    def test_jumps_read_nothing_that_is_not_asked_for(self):
        frames = Told()
        stack = LazyStack(frames)
        for t in (30, 4, 17, 2):
            stack.frame(t)
            stack.settle()
        assert set(frames.read) == {30, 4, 17, 2}

    def test_at_the_ends_there_is_no_next_one(self):
        frames = Told(n=3)
        stack = LazyStack(frames)
        for t in (0, 1, 2, 1, 0):
            stack.frame(t)
            stack.settle()
        assert {t: len(by) for t, by in frames.read.items()} == {0: 1, 1: 1, 2: 1}

    def test_a_damaged_frame_is_told_where_it_is_asked_for(self):
        stack = LazyStack(Told(damaged=3))
        for t in (0, 1, 2):
            stack.frame(t)
            stack.settle()
        with pytest.raises(InputError, match="frame 3 cannot be read"):
            stack.frame(3)

    def test_who_reads_through_a_stack_does_not_say_where_it_goes(self):
        frames = Told()
        others = LazyStack(frames).kept_frames
        for t in (0, 1, 2):
            assert others.frame(t)[0, 0] == t
        assert set(frames.read) == {0, 1, 2}


class TestMemory:
    def test_all_stacks_together_are_bounded(self, monkeypatch):
        each = 64 * 64 * 2
        stacks = [LazyStack(Told()) for _ in range(3)]
        before = kept.held_bytes()
        monkeypatch.setattr(kept, "MOST_BYTES", before + 10 * each)
        for t in range(0, 40, 3):
            for stack in stacks:
                stack.frame(t)
                stack.settle()
        assert kept.held_bytes() <= kept.MOST_BYTES
        assert all(stack.n_kept >= 3 for stack in stacks)

    def test_what_was_looked_at_last_stays(self, monkeypatch):
        frames = Told()
        stack = LazyStack(frames, kept_bytes=3 * 64 * 64 * 2)
        for t in (30, 4, 17, 30, 9):
            stack.frame(t)
        assert stack.n_kept == stack.most_kept == 3
        stack.frame(30)
        assert len(frames.read[30]) == 1
        stack.frame(4)
        assert len(frames.read[4]) == 2


class TestOutlines:
    @pytest.fixture
    def blobs(self):
        noise = gaussian_filter(np.random.default_rng(0).normal(size=(97, 131)), 3)
        labels = np.digitize(noise, np.quantile(noise, [0.5, 0.7, 0.9])).astype(np.uint16)
        labels[:, :2] = 5
        labels[40, 60] = 9
        return np.stack([labels, np.roll(labels, 5, 1)])

    def test_they_are_those_of_napari(self, blobs):
        from napari.layers import Labels as Plain

        from lamella.napari.contoured import Labels

        ours, plain = Labels(blobs), Plain(blobs)
        for width in (0, 1, 2):
            ours.contour = plain.contour = width
            shown = ours._slice.image.view
            assert np.array_equal(shown, plain._slice.image.view)
            part = (slice(10, 50), slice(20, 90))
            theirs = plain._raw_to_displayed(blobs[0], part)
            assert np.array_equal(ours._raw_to_displayed(blobs[0], part), theirs)
        assert shown.any()
        assert not shown.all()

    def test_ours_are_found_without_naparis(self, blobs, monkeypatch):
        from napari.layers.labels import labels as module

        from lamella.napari.contoured import Labels

        ours = Labels(blobs)

        def never(*given):
            raise AssertionError(given)

        monkeypatch.setattr(module, "get_contours", never)
        ours.contour = 1
        assert ours._slice.image.view.any()

    def test_the_cells_keep_their_numbers_inside(self, viewer, look_at):
        from lamella.napari.contoured import Labels
        from lamella.napari.desk import layers_of

        desk = look_at("KI__low__1", frame=3)
        layer = layers_of(viewer).of_role("cells")
        assert type(layer) is Labels
        assert layer.contour == 1
        assert layer.as_layer_data_tuple()[2] == "labels"
        y, x = desk.tracked().tracks.links.query("frame == 3")[["y_px", "x_px"]].iloc[0]
        y, x = round(y), round(x)
        assert layer.get_value((3, y, x), world=False) == 1
        assert layer._slice.image.view[y, x] == 0  # drawn as an outline
