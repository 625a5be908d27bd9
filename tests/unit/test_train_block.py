"""Of one movie: a block of frames is held out, and nothing that it is seen with is learnt from."""

import pytest

from lamella.core.errors import SettingsError
from lamella.kernels.time_window import window_after, window_before
from lamella.train.block import hold_out_block

N = 40


def before(length):
    return lambda t: window_before(t, length=length, n_frames=N)


def both_ways(length):
    return lambda t: [
        *window_before(t, length=length, n_frames=N),
        *window_after(t, length=length, n_frames=N),
    ]


@pytest.mark.parametrize("length", [1, 3, 5])
@pytest.mark.parametrize("decide", [before, both_ways])
@pytest.mark.parametrize("frames", [range(20), range(0, 40, 3), [0, 1, 2, 15, 16, 17, 39]])
def test_no_frame_is_shown_that_decides_a_held_out_one(length, decide, frames):
    made = hold_out_block(frames, share=0.2, shown=before(length), decide=decide(length))
    parts = [*made.training, *made.held_out, *made.between]
    assert sorted(parts) == sorted(frames)
    shown = {each for t in made.training for each in before(length)(t)}
    assert shown.isdisjoint(each for t in made.held_out for each in decide(length)(t))
    for t in made.between:  # none is left out in vain
        assert not set(before(length)(t)).isdisjoint(
            each for held in made.held_out for each in decide(length)(held)
        )


def test_the_side_is_held_out_that_costs_least():
    crowded_end = [0, 1, 20, 30, 31, 32, 33, 34]
    made = hold_out_block(crowded_end, share=0.25, shown=before(5), decide=before(5))
    assert (made.held_out, made.between) == ([0, 1], [])
    even = hold_out_block([0, 10, 20, 30], share=0.25, shown=before(5), decide=before(5))
    assert even.held_out == [30]


@pytest.mark.parametrize("frames", [[7], [4, 5, 6, 7]])
def test_frames_too_near_to_each_other_are_refused(frames):
    with pytest.raises(SettingsError, match="annotate another movie, or frames that lie further"):
        hold_out_block(frames, share=0.2, shown=before(5), decide=before(5))
