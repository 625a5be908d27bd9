"""The page to choose a segmenter from, and its pictures."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from lamella.report.overlay import MOST_PX, disputed_png, jpegs, outline_path, shrink
from lamella.report.suggest import (
    Choice,
    Dispute,
    SuggestInput,
    Tile,
    remarks_on,
    render_suggestions,
    scores_of,
)
from worlds import disc

HOSTILE = "<script>alert(1)</script>&\"'{{ 7 * 7 }}"


def edges_of(path):
    """The unit edges that an SVG path of moves, h and v draws."""
    edges, x, y = [], 0, 0
    for letter, numbers in re.findall(r"([Mmhv])([-\d ]+)", path):
        a, *b = map(int, numbers.split())
        if letter == "M":
            x, y = a, *b
        elif letter == "m":
            x, y = x + a, y + b[0]
        elif letter == "h":
            edges += [("h", x + i, y) for i in range(a)]
            x += a
        else:
            edges += [("v", x, y + i) for i in range(a)]
            y += a
    return edges


class TestOutline:
    def test_runs_along_every_edge_once(self):
        labels = np.random.default_rng(0).integers(0, 3, (9, 13))
        labels[3:6, 2:7] = 5
        expected = [("h", x, y) for y in range(1, 9) for x in range(13)
                    if labels[y, x] != labels[y - 1, x]]  # fmt: skip
        expected += [("v", x, y) for x in range(1, 13) for y in range(9)
                     if labels[y, x] != labels[y, x - 1]]  # fmt: skip
        assert sorted(edges_of(outline_path(labels))) == sorted(expected)

    def test_of_nothing_is_nothing(self):
        assert outline_path(np.zeros((5, 5), int)) == ""
        assert outline_path(np.ones((5, 5), int)) == ""

    def test_of_a_large_frame_fits_its_picture(self):
        frame = np.zeros((MOST_PX + 1, 2 * MOST_PX), np.uint16)
        frame[200:401, 300:501] = 1
        picture = shrink(frame)
        assert picture.shape == (MOST_PX // 2 + 1, MOST_PX)
        along = [(x, y) for _, x, y in edges_of(outline_path(frame))]
        assert min(along) == (150, 100)
        assert picture[101:199, 151:249].min() == 1


def test_disputes_show_only_where_methods_differ():
    layer = np.asarray(Image.open(BytesIO(disputed_png(np.array([[0, 1, 2, 3, 4]]), 4))))
    assert layer.shape == (1, 5, 4)
    clear, some, most, other, agreed = layer[0, :, 3].astype(int)
    assert clear == agreed == 0
    assert 0 < some == other < most


def test_all_frames_are_shown_in_the_same_grey_values():
    dark, bright = np.full((20, 20), 10, np.float32), np.full((20, 20), 90, np.float32)
    a, b = (np.asarray(Image.open(BytesIO(j))) for j in jpegs([dark, bright]))
    assert (a.max(), b.min()) == (0, 255)


def choice(name="multiotsu dark", *, counts=(1, 2), share=0.1, **more):
    path = outline_path(disc(4, (10, 10), (20, 20)))
    tiles = tuple(Tile(path if n else "", n, share if n else 0.0) for n in counts)
    return Choice(name, f"lamella segment 'a b.tif' # {name}", "[a]\nb = 1\n", tiles, **more)


def shown(*choices, **more):
    frames = jpegs([np.eye(20, dtype=np.float32)] * 2)
    names = [c.name for c in choices if c.found]
    given = SuggestInput(
        movie="cell.tif",
        n_frames=40,
        channel="",
        picked=(10, 30),
        times_min=(5.0, 15.0),
        neighbours=5,
        frame_shape=(20, 20),
        frames=tuple(frames),
        choices=choices,
        pairwise={(a, b): 0.25 for a in names for b in names},
    )
    return replace(given, **more)


class Links(HTMLParser):
    """Ids, and all that a page points to."""

    def __init__(self, page):
        super().__init__()
        self.ids, self.links, self.opened = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.opened.append(tag)
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("src", "href") if name in given]


class TestPage:
    def test_is_one_file_that_loads_nothing(self):
        dispute = Dispute(disputed_png(np.ones((20, 20), int), 2), "", 0.5)
        page = render_suggestions(
            shown(choice("a"), choice("b"), disputes=(dispute, dispute)),
        )
        read = Links(page)
        assert len(read.ids) == len(set(read.ids))
        inside = {f"#{name}" for name in read.ids}
        assert all(link in inside or link.startswith("data:") for link in read.links)
        assert "default-src 'none'" in page
        # Each frame once in the style, however many methods are drawn on it.
        assert page.count("data:image/jpeg") == 2
        assert read.opened.count("use") == 2 * 2 * 2

    def test_says_what_stands_beside_the_pictures(self):
        one = choice(with_others=0.8125, with_consensus=0.9, stability=0.95,
                     seconds_per_frame=0.5, seconds_movie=200.0)  # fmt: skip
        assert dict(scores_of(one)) == {
            "agreement with the others": "0.81",
            "with the consensus": "0.90",
            "with itself one frame on": "0.95",
            "objects in a frame": "1 to 2",
            "share of the field": "10 %",
            "time for a frame": "0.50 s",
            "time for the movie, about": "3.3 min",
        }
        page = render_suggestions(shown(one, choice("b")))
        for told in (
            "2 of its 40 frames",
            "Agreement is no truth",
            "frame 10 · 5 min",
            "1 object · 10 %",
            ">0.25<",
            "lamella segment &#39;a b.tif&#39; # multiotsu dark",
            "[a]\nb = 1\n",
        ):
            assert told in page, told

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            (choice(counts=(0, 3)), "It found nothing in 1 frame."),
            (choice(share=0.9), "did it take the background?"),
            (choice(notes=("look",)), "It warned: look"),
        ],
    )
    def test_remarks(self, given, told):
        (remark,) = remarks_on(given)
        assert told in remark
        assert told in render_suggestions(shown(given))

    def test_what_found_nothing_takes_no_row(self):
        page = render_suggestions(shown(choice("a"), choice("b", counts=(0, 0))))
        assert page.index("Found nothing</h2>") < page.index("Use b<")
        assert 'id="c2"' not in page
        assert "lamella segment &#39;a b.tif&#39; # b" in page

    def test_a_method_alone_is_compared_with_nothing(self):
        page = render_suggestions(shown(choice("a"), choice("b", counts=(0, 0))))
        assert "Only a found something" in page
        assert "Pair by pair" not in page

    def test_text_from_outside_is_escaped(self):
        page = render_suggestions(
            shown(
                choice(HOSTILE, notes=(HOSTILE,)),
                choice("b"),
                Choice("c", "", "", fault=HOSTILE),
                movie=HOSTILE,
                channel=HOSTILE,
                notes=(HOSTILE,),
            )
        )
        assert "<script>alert" not in page
        assert "{{ 7 * 7 }}" in page
