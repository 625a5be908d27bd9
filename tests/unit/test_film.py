"""Films and strips, read back by other programs: frames, sizes, the length of the scale bar."""

import re
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from lamella.core.errors import InputError, NotInstalledError, SettingsError
from lamella.core.movie import Movie
from lamella.io.film import write_gif, write_mp4
from lamella.report.shot import Bar, Line, Shot, painted, zoom_for
from lamella.run.browse.film import Film, film_any, film_movie, frames_from
from lamella.run.browse.roles import OUTWARDS, ROLES, STILL, diverging, drawn_colours, roles_of
from lamella.run.browse.stamps import stamp

MOVIE = Movie.from_array(
    np.random.default_rng(0).integers(100, 120, (12, 60, 80), np.uint16),
    pixel_size_um=0.5,
    interval_min=2.0,
)


def longest_white_run(picture):
    """Longest row of white pixels in the lower half, as the scale bar is."""
    best = 0
    for row in (picture[picture.shape[0] // 2 :] >= 235).all(axis=2):
        runs = "".join("1" if white else " " for white in row).split()
        best = max(best, *(len(run) for run in runs), 0) if runs else best
    return best


def frames_of_film(path):
    film = cv2.VideoCapture(str(path))
    pictures = []
    while True:
        there, picture = film.read()
        if not there:
            return pictures
        pictures.append(picture)


class TestFilm:
    def test_mp4_has_its_frames_size_and_scale_bar(self, tmp_path):
        pytest.importorskip("imageio_ffmpeg")
        out = tmp_path / "a.mp4"
        done = film_movie(MOVIE, out, Film(frames="2:12", every=2, um_bar=10))
        pictures = frames_of_film(out)
        assert len(pictures) == done.n_frames == 5
        assert done.size_px == (720, 540) == pictures[0].shape[1::-1]
        # 10 µm are 20 px of the movie, which is shown nine times as large.
        assert done.bar_px == 10 / 0.5 * 9
        for picture in pictures:
            assert abs(longest_white_run(picture) - done.bar_px) <= 2  # compression blurs ends

    def test_gif_has_its_frames_times_and_scale_bar_to_the_pixel(self, tmp_path):
        out = tmp_path / "a.gif"
        done = film_movie(MOVIE, out, Film(frames="0,5,7", um_bar=5, fps=4, longest_px=160))
        with Image.open(out) as film:
            assert film.n_frames == 3
            assert film.info["duration"] == 250
            assert film.size == (160, 120) == done.size_px
            assert longest_white_run(np.asarray(film.convert("RGB"))) == done.bar_px == 20

    def test_colours_that_mean_something_are_kept_in_a_gif(self, tmp_path):
        colours = drawn_colours(ROLES)
        ground = np.random.default_rng(1).integers(0, 256, (60, 64, 1), np.uint8)
        first, later = (np.repeat(ground, 3, axis=2) for _ in range(2))
        first[:20] = np.random.default_rng(2).integers(0, 256, (20, 64, 3), np.uint8)
        for k, colour in enumerate(colours):
            later[3 * k : 3 * k + 3, :9] = colour
        write_gif(tmp_path / "a.gif", [first, later], fps=5, colours=colours)
        with Image.open(tmp_path / "a.gif") as film:
            film.seek(1)
            shown = np.asarray(film.convert("RGB")).astype(int)
        for k, colour in enumerate(colours):
            assert np.abs(shown[3 * k + 1, 4] - colour).max() <= 3, colour  # looked up in steps

    def test_a_strip_has_300_dpi_one_bar_and_times_as_text(self, tmp_path):
        done = film_movie(MOVIE, tmp_path / "a.png", Film(um_bar=10, columns=4))
        assert done.n_frames == 8
        with Image.open(tmp_path / "a.png") as strip:
            assert strip.info["dpi"] == pytest.approx((300, 300), abs=0.1)
            assert strip.width == pytest.approx(180 / 25.4 * 300, abs=1)
            panel = (180 + 1) / 4 - 1
            bar = longest_white_run(
                np.asarray(strip.convert("RGB"))[-120:, -int(strip.width / 4.1) :]
            )
            assert bar == pytest.approx(panel / 25.4 * 300 * 20 / 80, abs=3)  # a quarter of a panel
        film_movie(MOVIE, tmp_path / "a.svg", Film(frames="0,3", um_bar=10))
        svg = (tmp_path / "a.svg").read_text()
        assert svg.count('id="scale-bar"') == 1
        assert re.findall(r">(\d+ min)<", svg) == ["0 min", "6 min"]
        assert "10 µm" in svg

    @pytest.mark.parametrize(
        ("film", "n_panels"),
        [
            (Film(), 8),
            (Film(frames="1:12"), 8),
            (Film(frames="1:7"), 6),
            (Film(frames="1:12", every=1), 11),
            (Film(every=2), 6),
            (Film(frames="0,1,2,3,4,5,6,7,8"), 9),
        ],
    )
    def test_a_strip_has_eight_panels_unless_others_are_asked_for(self, tmp_path, film, n_panels):
        assert film_movie(MOVIE, tmp_path / "a.png", film).n_frames == n_panels

    def test_a_bar_of_its_own_is_round_and_fits(self, tmp_path):
        done = film_movie(MOVIE, tmp_path / "a.gif", Film(frames="0:2"))
        assert done.bar_um == 10  # the field is 40 µm wide
        no_scale = Movie.from_array(np.zeros((2, 20, 20), np.uint8))
        assert film_movie(no_scale, tmp_path / "b.gif", Film()).bar_um is None

    def test_contrast_is_that_of_the_frames_shown(self, tmp_path):
        array = np.full((3, 20, 20), 10, np.uint16)
        array[:, 5:10] = 1000
        array[2] = 60_000
        film_movie(Movie.from_array(array), tmp_path / "a.gif", Film(frames="0:2", times=False))
        with Image.open(tmp_path / "a.gif") as film:
            values = np.asarray(film.convert("L"))
        assert (values.min(), values.max()) == (0, 255)

    @pytest.mark.parametrize(
        ("film", "name", "words"),
        [
            (Film(frames="0:99"), "a.gif", "no frame 12: the movie has 12"),
            (Film(frames="two"), "a.gif", "no list of frames"),
            (Film(frames="5:5"), "a.gif", "no frame is left"),
            (Film(um_bar=41), "a.gif", "40 µm wide"),
            (Film(layers=("halo",)), "a.gif", "no layer 'halo'"),
            (Film(), "a.avi", "use .mp4, .gif for a film"),
        ],
    )
    def test_what_cannot_be_is_said(self, tmp_path, film, name, words):
        with pytest.raises(SettingsError, match=words):
            film_movie(MOVIE, tmp_path / name, film)
        assert not list(tmp_path.iterdir())

    def test_nothing_is_written_over_and_nothing_half(self, tmp_path):
        (tmp_path / "a.gif").write_bytes(b"mine")
        with pytest.raises(Exception, match="--force"):
            film_movie(MOVIE, tmp_path / "a.gif", Film())
        assert (tmp_path / "a.gif").read_bytes() == b"mine"

        def stop(done, total):
            raise KeyboardInterrupt

        for name in ("b.mp4", "b.gif"):
            with pytest.raises(KeyboardInterrupt):
                film_movie(MOVIE, tmp_path / name, Film(), advance=stop)
        assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]

    def test_cells_need_a_run(self, tmp_path):
        with pytest.raises(InputError, match="no cells are known"):
            film_movie(MOVIE, tmp_path / "a.gif", Film(), cell=1)
        with pytest.raises(SettingsError, match="no run's folder"):
            film_any(tmp_path / "x.tif", tmp_path / "a.gif", Film(), movie="a")

    def test_without_ffmpeg_the_extra_is_named(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
        with pytest.raises(NotInstalledError, match=r'pip install "lamella\[film\]"'):
            film_movie(MOVIE, tmp_path / "a.mp4", Film())


def test_pictures_of_two_sizes_are_refused(tmp_path):
    pytest.importorskip("imageio_ffmpeg")
    two = [np.zeros((20, 20, 3), np.uint8), np.zeros((20, 30, 3), np.uint8)]
    for write in (write_mp4, write_gif):
        with pytest.raises(InputError, match="differ in size"):
            write(tmp_path / "a", two, fps=5)
        with pytest.raises(InputError, match="no picture"):
            write(tmp_path / "a", [], fps=5)
    assert not list(tmp_path.iterdir())


def test_lines_lie_where_they_are_said_to_be():
    square = np.array([[9.5, 9.5], [9.5, 19.5], [19.5, 19.5], [19.5, 9.5]])
    shot = Shot(np.zeros((40, 40, 3), np.uint8), (Line(square, (255, 0, 0), closed=True),))
    red = painted(shot, zoom=10)[..., 0]
    rows, columns = np.nonzero(red > 128)
    for places in (rows, columns):  # the edge between pixels 9 and 10 is at 100 of 400
        assert (places.min(), places.max()) == (
            pytest.approx(100, abs=2),
            pytest.approx(200, abs=2),
        )
    assert red[150, 150] == 0


def test_a_bar_is_as_long_as_it_says_at_every_zoom():
    for zoom, side in ((1, 200), (3, 100), (0.5, 900)):
        shot = Shot(np.full((side, side, 3), 90, np.uint8))
        picture = painted(shot, zoom=zoom, bar=Bar(40.0, ""))
        assert longest_white_run(picture) == 40 * zoom
        assert all(length % 2 == 0 for length in picture.shape[:2])
    assert (zoom_for((100, 90), 720), zoom_for((1440, 100), 720)) == (7.0, 0.5)


def test_frames_are_chosen_as_python_does():
    assert frames_from(Film(frames="3:"), 6) == [3, 4, 5]
    assert frames_from(Film(frames=":5", every=2), 6) == [0, 2, 4]
    assert frames_from(Film(), 3) == [0, 1, 2]
    assert frames_from(Film(frames="4"), 6) == [4]


def test_layers_are_named_in_any_order():
    assert roles_of("edge, outline") == ("outline", "edge velocity")
    assert (roles_of("all"), roles_of("none")) == (ROLES, ())


def test_colours_of_velocity_are_symmetric():
    assert diverging(0, 2) == STILL
    assert diverging(9, 2) == diverging(2, 2) == OUTWARDS
    assert diverging(-1, 2)[2] > diverging(-1, 2)[0]


def test_times_read_alike_through_a_movie():
    assert [stamp(np.array([0, 2.5, 5]), t) for t in range(3)] == ["0.0 min", "2.5 min", "5.0 min"]
    assert stamp(np.arange(100) * 5.0, 99) == "8:15 h"
    assert stamp(np.array([0.0]), 0) == "0 min"
