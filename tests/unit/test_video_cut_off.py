"""A video that is cut off is told of."""

import imageio_ffmpeg
import numpy as np

from lamella.io import open_movie


def test_a_video_that_is_cut_off_says_so(tmp_path):
    path = tmp_path / "whole.mkv"
    writer = imageio_ffmpeg.write_frames(
        str(path), (64, 64), pix_fmt_in="gray", pix_fmt_out="gray", codec="ffv1",
        quality=None, macro_block_size=1,
    )  # fmt: skip
    writer.send(None)
    rng = np.random.default_rng(1)
    for _ in range(40):
        writer.send(rng.integers(0, 255, (64, 64)).astype(np.uint8))
    writer.close()
    assert open_movie(path).notes == ()
    content = path.read_bytes()
    (tmp_path / "half.mkv").write_bytes(content[: len(content) // 2])
    movie = open_movie(tmp_path / "half.mkv")
    assert movie.n_frames < 25
    assert movie.notes == (
        f"some 40 frames were expected, and {movie.n_frames} are there: is it cut off?",
    )
