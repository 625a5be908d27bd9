"""Videos: grey values as stored, colours and playlists refused."""

import imageio_ffmpeg
import numpy as np
import pytest

from lamella.core.errors import InputError
from lamella.io import open_movie, video

GREY = np.random.default_rng(4).integers(0, 256, (5, 16, 32)).astype(np.uint8)


def written(path, frames=GREY, codec="png", **options):
    kind = "rgb24" if frames.ndim == 4 else "gray"
    writer = imageio_ffmpeg.write_frames(
        str(path), (frames.shape[2], frames.shape[1]), pix_fmt_in=kind, codec=codec,
        macro_block_size=1, **{"quality": None, "pix_fmt_out": kind, **options},
    )  # fmt: skip
    writer.send(None)
    for frame in frames:
        writer.send(np.ascontiguousarray(frame))
    writer.close()
    return path


@pytest.mark.parametrize("name", ["a.avi", "a.mov", "a.mkv"])
def test_grey_is_read_as_it_was_written_in_any_order(name, tmp_path):
    movie = open_movie(written(tmp_path / name))
    assert movie.notes == ()
    assert movie.scale.time_min is None
    for t in (3, 1, 4, 0):
        np.testing.assert_array_equal(movie.frame(t), GREY[t])


def test_colours_that_are_grey_are_read_and_others_refused(tmp_path):
    same = np.repeat(GREY[..., None], 3, axis=-1)
    np.testing.assert_array_equal(open_movie(written(tmp_path / "g.avi", same)).frame(2), GREY[2])
    same[2, 0, 0, 1] ^= 1
    movie = open_movie(written(tmp_path / "c.avi", same))
    with pytest.raises(InputError, match=r"it is a colour video \(frame 2\)"):
        movie.frame(2)


def test_what_is_compressed_for_the_eye_is_told(tmp_path):
    path = written(tmp_path / "a.mp4", codec="libx264", quality=5, pix_fmt_out="gray")
    assert any("compressed for the eye" in note for note in open_movie(path).notes)


@pytest.mark.parametrize(
    "playlist",
    [
        "ffconcat version 1.0\nfile other.mkv\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mkv\n#EXT-X-ENDLIST\n",
    ],
)
def test_a_playlist_leads_to_no_other_file(playlist, tmp_path):
    written(tmp_path / "other.mkv")
    (tmp_path / "a.avi").write_text(playlist)
    with pytest.raises(InputError, match="it cannot be read as video"):
        open_movie(tmp_path / "a.avi")


def test_frames_are_counted_again_only_when_the_file_changed(tmp_path, monkeypatch):
    counted = []
    plain = imageio_ffmpeg.count_frames_and_secs
    monkeypatch.setattr(
        imageio_ffmpeg, "count_frames_and_secs", lambda path: counted.append(path) or plain(path)
    )
    video._n_frames.cache_clear()
    path = written(tmp_path / "a.avi")
    assert [open_movie(path).n_frames for _ in range(3)] == [5, 5, 5]
    assert len(counted) == 1
    written(path, GREY[:3])
    assert open_movie(path).n_frames == 3
    assert len(counted) == 2
