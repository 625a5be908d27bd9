"""Patterns for paths."""

import pytest

from lamella.core.errors import SettingsError
from lamella.run.pattern import PathPattern
from lamella.run.samples import movie_name


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        (
            "{condition}{session}/{cell}.tif",
            "ki1/12.tif",
            {"condition": "ki", "session": "1", "cell": "12"},
        ),
        ("{condition}/{cell}.tif", "WT/a b.tif", {"condition": "WT", "cell": "a b"}),
        (
            "{condition:a}{session:d}_{cell}.tif",
            "ko2_3_x.tif",
            {"condition": "ko", "session": "2", "cell": "3_x"},
        ),
        ("{cell}_t{day:d}.tif", "a_t1.tif", {"cell": "a", "day": "1"}),
    ],
)
def test_fields(pattern, path, fields):
    assert PathPattern(pattern).match(path).fields == fields


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{condition}/{cell}.tif", "a/b/c.tif"),
        ("{condition}/{cell}.tif", "a/b.png"),
        ("{a:d}.tif", "12x.tif"),
        ("a.b/{c}.tif", "aXb/1.tif"),
    ],
)
def test_what_does_not_fit(pattern, path):
    assert PathPattern(pattern).match(path) is None


def test_a_path_that_can_be_read_in_two_ways_is_ambiguous():
    pattern = PathPattern("{condition}_{cell}.tif")
    assert not pattern.match("wt_1.tif").ambiguous
    assert pattern.match("wt_a_1.tif").ambiguous
    assert pattern.match("wt_a_1.tif").fields == {"condition": "wt", "cell": "a_1"}


def test_channels_share_a_path():
    pattern = PathPattern("{condition}/{channel}_{cell}.tif")
    assert pattern.without_channel("wt/GFP_1.tif") == "wt/{channel}_1.tif"


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("movies/*.tif", "no {field}"),
        ("{a}/{a}.tif", "twice"),
        ("{a:x}.tif", "not understood"),
        ("{a.tif", "no {field}|not understood"),
        ("{a}{b}{c}.tif", "cannot be told apart"),
    ],
)
def test_faults(pattern, fault):
    with pytest.raises(SettingsError, match=fault):
        PathPattern(pattern)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("ki1/12.tif", "ki1__12"),
        ("../raw/WT 3/cell (2).ome.tif", "raw__WT_3__cell_2"),
        ("a/{channel}_t1.tif", "a__t1"),
        ("frames/cell1", "frames__cell1"),
        ("cell1.2.tif", "cell1.2"),
    ],
)
def test_movie_names(path, name):
    assert movie_name(path) == name
