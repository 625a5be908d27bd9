"""Reading ahead changes nothing but the time that it takes."""

import threading

import numpy as np
import pytest

from lamella.core.frames import ArrayFrames, MappedFrames, ReadAhead

STACK = np.arange(23 * 4 * 5, dtype=np.uint16).reshape(23, 4, 5)
FRAME_MB = STACK[0].nbytes / 2**20


def source(broken=(), read=None):
    def frame(t):
        if read is not None:
            read.append(t)
        if t in broken:
            raise OSError(f"frame {t} is damaged")
        return STACK[t]

    return MappedFrames(ArrayFrames(STACK), frame)


@pytest.mark.parametrize("block", [0, 1, 4, 100])
@pytest.mark.parametrize(
    "order", [range(23), range(22, -1, -1), [0, 0, 5, 6, 20, 3, 4, 22], range(0, 23, 7)]
)
def test_gives_the_frames_of_its_source(block, order):
    with ReadAhead(source(), block_mb=block * FRAME_MB) as ahead:
        for t in order:
            np.testing.assert_array_equal(ahead.frame(t), STACK[t])


def test_each_frame_is_read_once():
    read = []
    with ReadAhead(source(read=read), block_mb=4 * FRAME_MB) as ahead:
        np.testing.assert_array_equal(ahead.asarray(), STACK)
    assert read == list(range(23))


def test_an_error_is_raised_at_its_frame_and_the_others_stay_readable():
    with ReadAhead(source(broken={6}), block_mb=4 * FRAME_MB) as ahead:
        for t in (*range(6), 7, 8):
            np.testing.assert_array_equal(ahead.frame(t), STACK[t])
        with pytest.raises(OSError, match="frame 6 is damaged"):
            ahead.frame(6)
        with pytest.raises(IndexError, match="outside the frames 0 to 22"):
            ahead.frame(23)


def test_its_thread_ends_with_the_block_even_after_an_error():
    before = threading.active_count()
    with pytest.raises(OSError, match="damaged"), ReadAhead(source(broken={3})) as ahead:
        ahead.asarray()
    assert threading.active_count() == before


def test_frames_in_memory_are_passed_through():
    with ReadAhead(ArrayFrames(STACK)) as ahead:
        assert np.shares_memory(ahead.frame(3), STACK)
