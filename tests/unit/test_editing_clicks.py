"""Clicks of the tools as edits, and strokes of a brush, without a window."""

import weakref

import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, MappedFrames
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.io import open_labels, tiff
from lamella.io.track_ids import tracked_from_ids
from lamella.napari.editable import EditableStack
from lamella.run.editing import (
    Cut,
    Delete,
    Divide,
    Fill,
    Interpolate,
    Merge,
    Overlay,
    Paint,
    Relink,
    Split,
    Undivide,
)
from lamella.run.editing.clicks import TOOLS, Click, Clicks, Scope

BY_NAME = {tool.name: tool for tool in TOOLS}


def overlay(n=6):
    """1 and 2 throughout, 3 until frame 2 and 4 from there on."""
    labels = np.zeros((n, 40, 40), np.uint16)
    labels[:, 2:12, 2:12], labels[:, 20:30, 2:12] = 1, 2
    labels[:3, 2:12, 20:30], labels[3:, 2:12, 20:30] = 3, 4
    return Overlay(tracked_from_ids(Labels.from_array(labels)))


def after(name, *clicks, scope=Scope.FRAME):
    """The edit of clicks, each (frame, cell)."""
    had, cells, edit = Clicks(BY_NAME[name]), overlay(), None
    for place, (t, cell) in enumerate(clicks):
        assert edit is None
        edit = had.add(Click(t, 5.0 + place, 5.0, cell), scope, cells)
    return edit


@pytest.mark.parametrize(
    ("edit", "want"),
    [
        (after("Split", (2, 1), (2, 1)),
         Split(frame=2, cell=1, seeds=((5, 5), (6, 5)), until_lost=True)),
        (after("Split", (2, 1), (2, 1), scope=Scope.ON),
         Split(frame=2, cell=1, seeds=((5, 5), (6, 5)), last=5, until_lost=True)),
        (after("Merge", (2, 1), (2, 2)), Merge(cell=2, into=1, first=2, last=2)),
        (after("Merge", (2, 1), (2, 2), scope=Scope.ON), Merge(cell=2, into=1, first=2, last=None)),
        (after("Merge", (2, 1), (2, 2), scope=Scope.ALL),
         Merge(cell=2, into=1, first=0, last=None)),
        (after("Delete", (3, 2)), Delete(cell=2, first=3, last=3)),
        (after("Delete", (3, 2), scope=Scope.ALL), Delete(cell=2, first=0, last=None)),
        (after("Fill holes", (3, 2)), Fill(frame=3, cell=2)),
        (after("Interpolate", (5, 2), (1, 2)), Interpolate(cell=2, first=1, last=5)),
        (after("Re-link", (2, 3), (4, 4)), Relink(cell=3, other=4, frame=4)),
        (after("Re-link", (4, 2), (2, 1)), Relink(cell=1, other=2, frame=4, swap=True)),
        (after("Cut track", (4, 2)), Cut(cell=2, frame=4)),
        (after("Division", (2, 3), (3, 4), (3, 2)), Divide(mother=3, daughters=(4, 2), frame=3)),
        (after("No division", (2, 3)), Undivide(mother=3)),
    ],
    ids=lambda each: each.words,
)  # fmt: skip
def test_clicks_become_the_edit(edit, want):
    assert edit == want


def test_every_tool_has_a_key_of_its_own():
    assert len({tool.key for tool in TOOLS}) == len(TOOLS)
    # napari's own keys of label layers, and ours for a new cell
    assert not {tool.key for tool in TOOLS} & set("123456789EPFLZXBMVC[]-=")


def test_a_click_beside_the_cells_does_not_count():
    had, cells = Clicks(BY_NAME["Merge"]), overlay()
    assert had.add(Click(2, 5, 5, 1), Scope.FRAME, cells) is None
    with pytest.raises(InputError, match="there is no cell at that point"):
        had.add(Click(2, 39, 39, 0), Scope.FRAME, cells)
    assert len(had.had) == 1
    assert had.asks == "Click on the cell that is part of it."
    assert had.add(Click(2, 25, 5, 2), Scope.FRAME, cells) is not None
    assert not had.had


@pytest.mark.parametrize(
    ("name", "clicks", "words"),
    [
        ("Merge", [(2, 1), (3, 2)], "different frames"),
        ("Re-link", [(2, 1), (2, 2)], "both clicks are in one frame"),
        ("Interpolate", [(1, 1), (4, 2)], "join the two with Re-link first"),
    ],
)
def test_clicks_that_are_no_edit(name, clicks, words):
    with pytest.raises(InputError, match=words):
        after(name, *clicks)


class Session:
    """All that a stack wants of one."""

    def __init__(self):
        self.cells = overlay()


class TestStack:
    def test_it_reads_as_an_array(self):
        session = Session()
        stack, array = EditableStack(session), np.stack([session.cells.frame(t) for t in range(6)])
        pixels = (np.array([0, 4, 4]), np.array([5, 25, 3]), np.array([6, 7, 25]))
        for key in (0, -1, (2, 1), (slice(1, 5, 2), 3), slice(None), (slice(3, 3),), Ellipsis,
                    (slice(2, 3), slice(0, 9), slice(4, 6)), (Ellipsis, 2), pixels):  # fmt: skip
            assert np.array_equal(stack[key], array[key]), key
        assert np.array_equal(np.asarray(stack), array)
        stack[0][:] = 9  # a copy: napari writes into what it was given
        assert np.array_equal(stack[0], array[0])

    @pytest.mark.parametrize("way", ["slices", "pixels", "frame"])
    def test_what_is_drawn_is_a_stroke(self, way):
        session = Session()
        stack = EditableStack(session)
        want = session.cells.frame(3).copy()
        want[0:4, 4:8] = 7
        if way == "slices":
            key = np.s_[3:4, 0:4, 4:8]
            region = np.asarray(stack[key])
            region[:] = 7
            stack[key] = region
        elif way == "pixels":
            y, x = (each.ravel() for each in np.mgrid[0:4, 4:8])
            stack[np.full(y.size, 3), y, x] = 7
        else:
            stack[3] = want
        assert np.array_equal(stack[3], want)
        assert (session.cells.frame(3) == 7).sum() == 0  # not yet
        (stroke,) = stack.strokes()
        assert stack.strokes() == []
        session.cells.do(stroke)
        assert np.array_equal(session.cells.frame(3), want)

    def test_several_numbers_are_several_strokes_and_nothing_is_none(self):
        session = Session()
        stack = EditableStack(session)
        stack[1, 0, 0:2] = np.array([7, 8])
        stack[2, 5, 5] = 1  # as it was
        assert [(s.frame, s.cell) for s in stack.strokes()] == [(1, 7), (1, 8)]
        stack[1, 0, 0:2] = 5
        stack.forget()
        assert stack.strokes() == []


def test_saving_holds_a_frame_at_a_time(tmp_path):
    """A movie of many frames: those that were read are let go of again."""
    there, most = weakref.WeakSet(), []

    class Frame(np.ndarray):
        """An array that can be referred to weakly, and told from others."""

        __hash__ = object.__hash__

        def __eq__(self, other):
            return np.asarray(self) == other

    def frame(t):
        image = Frame((64, 64), np.uint16)
        image[:], image[5:9, 5:9] = 0, 1
        there.add(image)
        most.append(len(there))
        return image

    like = ArrayFrames(np.broadcast_to(np.uint16(0), (200, 64, 64)))
    cells = Overlay(tracked_from_ids(Labels("cell", MappedFrames(like, frame))))
    drawn = np.zeros((64, 64), bool)
    drawn[20:24] = True
    cells.do(Paint.of(drawn, frame=150, cell=2))
    most.clear()
    tiff.write_labels(tmp_path / "saved.tif", cells.snapshot(), scale=Scale())
    assert len(most) >= 200
    assert max(most) <= 4
    saved = open_labels(tmp_path / "saved.tif").frames
    assert saved.dtype == np.uint16
    assert np.array_equal(saved.frame(150), cells.frame(150))
    assert np.array_equal(saved.frame(10), cells.frame(10))
