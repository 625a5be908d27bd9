"""From other programs to measures, and from a run to other programs."""

import json

import numpy as np
import pandas as pd
import pytest

from lamella.centre import shifted
from lamella.core.errors import InputError, LamellaWarning, SettingsError
from lamella.core.frames import ArrayFrames
from lamella.core.labels import Labels
from lamella.core.movie import Scale, regular_times
from lamella.io import open_labels, open_movie, tiff
from lamella.io.ctc import write_ctc
from lamella.io.formats import FORMATS, formats_table, recognise
from lamella.io.geff import read_geff
from lamella.io.napari_tracks import napari_tracks
from lamella.io.track_ids import tracked_from_ids
from lamella.phantom import CellPhantom, StudyPhantom
from lamella.run.demo import make_demo
from lamella.run.exchange import Given, export_tracked, import_tracked, read_tracked
from lamella.run.execute import run_study
from lamella.run.join import join_to_labels
from lamella.run.study import open_study
from worlds import disc, dividing_cell, renumbered, ring, two_cells_crossing

SCALE = Scale(0.5, regular_times(10, 2.0))


def divided():
    labels, parents = dividing_cell()
    return tracked_from_ids(
        Labels.from_array(labels), {c: (p,) for c, p in parents.items()}, scale=SCALE
    )


@pytest.fixture
def movie(tmp_path):
    labels, _ = dividing_cell()
    tiff.write_movie(tmp_path / "cell.tif", {"GFP": ArrayFrames(labels * 1000)}, scale=SCALE)
    return tmp_path / "cell.tif"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A run of two movies."""
    folder = tmp_path_factory.mktemp("run") / "demo"
    cell = CellPhantom(field_px=(80, 80), area_um2=90, speed_um_per_min=0.6)
    phantom = StudyPhantom(
        cells_per_session=1, n_frames=5, n_aborted=0, empty_rate=0.3, cell=cell,
        conditions={"WT": {}, "KO": {}}, sessions={"a": {"photoelectrons": 300}},
    )  # fmt: skip
    make_demo(folder, phantom=phantom)
    run_study(open_study(folder), folder / "results")
    return folder / "results"


class TestFromTheCommandLine:
    @pytest.mark.filterwarnings("default::lamella.core.errors.LamellaWarning")
    def test_every_step_of_a_way_round(self, lamella, movie, tmp_path):
        """Challenge → GEFF → ours → label movie → measures."""
        write_ctc(tmp_path / "01_RES", divided())
        code, out, err = lamella("export", tmp_path / "01_RES", "--to", "geff", "-o",
                                 tmp_path / "g.geff", "--like", movie)  # fmt: skip
        assert code == 0, err
        assert "3 cells in 10 frames (15 objects, places without shapes); 1 divide, 0 merge" in out
        assert "warning:" in err
        assert "geff does not keep the shapes of 15 objects" in err
        code, out, err = lamella("import", tmp_path / "g.geff", "-o", tmp_path / "t", "--labels",
                                 tmp_path / "01_RES")  # fmt: skip
        assert code == 0, err
        assert "15 points have an object (0 beside it), 0 have none" in err
        code, out, err = lamella("export", tmp_path / "t", "--to", "labels", "-o",
                                 tmp_path / "l.tif")  # fmt: skip
        assert "labels does not keep the parents of 2 cells" in err
        np.testing.assert_array_equal(
            open_labels(tmp_path / "l.tif").frames.asarray(), dividing_cell()[0]
        )
        assert open_movie(tmp_path / "l.tif").scale.interval_min == 2.0
        code, _, err = lamella("measure", movie, tmp_path / "t" / "labels.ome.tif", "-o",
                               tmp_path / "m")  # fmt: skip
        assert code == 0, err
        cells = pd.read_csv(tmp_path / "m" / "cells.csv")
        assert cells["cell"].tolist() == [1, 2, 3]

    def test_wrong_options_are_named(self, lamella, movie, tmp_path):
        for words, told in (
            (["--units", "inch"], "--units is px or um"),
            (["--column", "track"], "--column track is no role=NAME"),
            (["--frame-shape", "12"], "--frame-shape is two whole numbers"),
            (["--column", "track=cell"], "labels (a label movie of track ids: TIFF, or a folder"),
        ):
            code, _, err = lamella("import", movie, "-o", tmp_path / "o", *words)
            assert code == 2
            # Typer breaks long lines into a box.
            assert told in " ".join(err.replace("│", " ").split())
        assert not (tmp_path / "o").exists()

    def test_the_help_names_every_format_that_is_written(self, lamella, monkeypatch):
        monkeypatch.setenv("COLUMNS", "200")
        _, out, _ = lamella("export", "--help")
        for each in FORMATS:
            if each.write is not None:
                assert each.name in out.partition("--to")[2]

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("--set", "first_frame=soon"), "--first-frame: 'soon'"),
            (("--set", "units=furlong"), "--units: 'furlong'"),
            (("--set", "columns=3"), "--column: 3"),
        ],
    )
    def test_values_of_options_are_checked(self, lamella, words, told, tmp_path):
        (tmp_path / "t.csv").write_text("particle,frame,y,x\n1,0,2,3\n")
        code, _, err = lamella("import", tmp_path / "t.csv", "-o", tmp_path / "out", *words)
        assert (code, told in err) == (2, True)
        assert not (tmp_path / "out").exists()

    def test_a_table_with_named_columns_and_labels(self, lamella, movie, tmp_path):
        labels = dividing_cell()[0]
        tiff.write_labels(tmp_path / "l.tif", ArrayFrames(labels), scale=Scale())
        links = divided().tracks.links
        table = pd.DataFrame({"who": links["cell"], "when": links["frame"] + 1})
        table["down"], table["right"] = links["y_px"] / 2, links["x_px"] / 2
        table.to_csv(tmp_path / "t.csv", index=False)
        columns = [f"--column={x}" for x in ("track=who", "frame=when", "y=down", "x=right")]
        code, _, err = lamella(
            "import", tmp_path / "t.csv", "-o", tmp_path / "o", "--like", movie, "--units", "um",
            "--first-frame", 1, "--labels", tmp_path / "l.tif", *columns,
        )  # fmt: skip
        assert code == 0, err
        assert "columns as named: track = who" in err
        np.testing.assert_array_equal(
            open_labels(tmp_path / "o" / "labels.ome.tif").frames.asarray(), labels
        )


class TestRuns:
    def test_all_movies_of_a_run(self, results, tmp_path):
        with pytest.warns(LamellaWarning, match="geff does not keep the shapes"):
            done = export_tracked(results, tmp_path / "out", to="geff")
        assert [each.path.name for each in done] == ["KO__a__1", "WT__a__1"]
        for each in done:
            saved = results / "movies" / each.path.name
            links = pd.read_parquet(saved / "tracks/cell.parquet")
            back = read_geff(each.path)
            pd.testing.assert_frame_equal(
                back.tracks.links[["frame", "y_px"]], links[["frame", "y_px"]], check_dtype=False
            )
            # Lives begin and end with the movie, whether the cell was found there or not.
            found = json.loads((saved / "manifest.json").read_text())["stages"]["track/cell"]
            assert back.tracks.first_last == {1: tuple(found["found"]["first_last"]["1"])}
            assert back.n_frames == 5
            assert back.scale.pixel_size_um == open_movie(saved / "centered.ome.tif").scale.um

    def test_one_movie_and_its_labels(self, results, tmp_path):
        export_tracked(results, tmp_path / "o", to="lamella", movie="WT__a__1")
        a = open_labels(tmp_path / "o" / "labels.ome.tif").frames.asarray()
        b = open_labels(results / "movies/WT__a__1/labels/cell.ome.tif").frames.asarray()
        np.testing.assert_array_equal(a, b)
        assert set(pd.read_csv(tmp_path / "o" / "tracks.csv")["label"]) == {1}

    @pytest.mark.parametrize(
        ("options", "match"),
        [
            (
                {"movie": "../../etc"},
                "it has no tracked movie '../../etc'; its",
            ),
            ({"name": "nucleus"}, "no movie has tracks of 'nucleus'; its objects are cell"),
        ],
    )
    def test_what_is_not_there(self, results, options, match, tmp_path):
        with pytest.raises(InputError, match=match):
            export_tracked(results, tmp_path / "o", to="geff", **options)
        assert not (tmp_path / "o").exists()

    def test_a_movie_of_what_is_no_run(self, movie, tmp_path):
        with pytest.raises(SettingsError, match="is no run's folder"):
            export_tracked(movie, tmp_path / "o", to="geff", movie="a")

    def test_objects_on_the_centred_movie_come_back_to_raw_coordinates(self, results, tmp_path):
        folder = results / "movies" / "WT__a__1"
        raw = open_labels(folder / "labels/cell.ome.tif").frames.asarray()
        centred = folder / "centered_cell.ome.tif"
        given = Given(offsets=folder / "manifest.json")
        tracked, _ = read_tracked(centred, given)
        stage = json.loads((folder / "manifest.json").read_text())["stages"]["centre/cell"]
        seen = np.stack(  # what the centred movie still shows of it
            [
                shifted(shifted(frame, np.array(by)), -np.array(by))
                for frame, by in zip(raw, stage["found"]["offsets_px"], strict=True)
            ]
        )
        np.testing.assert_array_equal(tracked.painted().asarray(), seen)
        links = pd.read_parquet(folder / "tracks/cell.parquet")
        np.testing.assert_allclose(tracked.tracks.links["y_px"], links["y_px"], atol=1e-9)
        (tmp_path / "m.json").write_text("{}")
        with pytest.raises(InputError, match="it tells no offsets"):
            read_tracked(centred, Given(offsets=tmp_path / "m.json"))


def test_import_of_places_says_what_is_missing_for_measures(tmp_path):
    (tmp_path / "t.csv").write_text("particle,frame,y,x\n1,0,2,3\n")
    done = import_tracked(tmp_path / "t.csv", tmp_path / "o")
    assert "join them with --labels" in done.notes[-1]
    assert [each.name for each in (tmp_path / "o").iterdir()] == ["tracks.csv"]


def test_our_table_saved_by_a_spreadsheet(tmp_path):
    table = "cell;frame;label;y_px;x_px;parent\n1;0;4;2,5;3;0\n2;1;4;2,5;3;1\n"
    (tmp_path / "t.csv").write_text(table, encoding="utf-8-sig")
    tracked, _ = read_tracked(tmp_path / "t.csv")
    assert tracked.tracks.links["y_px"].tolist() == [2.5, 2.5]
    assert tracked.tracks.links["label"].tolist() == [4, 4]
    assert dict(tracked.tracks.parents) == {2: (1,)}


class TestJoining:
    def test_points_find_the_object_under_them(self):
        """Two cells cross; the points keep who is who, the labels are numbered per frame."""
        cells = two_cells_crossing()
        truth = tracked_from_ids(Labels.from_array(cells))
        mixed = renumbered(truth, seed=3)
        joined = join_to_labels(truth, mixed.labels)
        np.testing.assert_array_equal(joined.tracked.painted().asarray(), cells)
        assert (joined.n_under, joined.n_near, joined.n_none, joined.n_shared) == (22, 0, 0, 0)

    def test_objects_without_a_point_are_counted(self):
        labels = np.zeros((3, 20, 20), np.uint8)
        labels[:, 2:5, 2:5], labels[1:, 10:14, 10:14] = 1, 2
        one = np.where(labels == 1, labels, 0)
        one[2] = 0
        points = tracked_from_ids(Labels.from_array(one))
        joined = join_to_labels(points, Labels.from_array(labels))
        assert (joined.n_under, joined.n_unclaimed) == (2, 3)
        assert "3 objects have no point and are left out" in joined.in_words()

    def test_beside_within_the_limit_and_nowhere(self):
        labels = np.zeros((1, 64, 64), np.uint16)
        labels[0][ring(5, 9, (20, 20))] = 3
        labels[0][disc(3, (50, 50))] = 9
        links = pd.DataFrame(
            {"cell": [1, 2, 3, 4], "frame": 0, "label": [1, 2, 3, 4],
             "y_px": [20.0, 50.0, 51.0, 2.0], "x_px": [20.0, 52.0, 50.0, 60.0]}
        )  # fmt: skip
        from lamella.core.tracked import Tracked
        from lamella.core.tracks import Tracks

        points = Tracked(Tracks.from_links(links), 1)
        joined = join_to_labels(points, Labels.from_array(labels), max_distance_px=6)
        # 1 lies in the hole of the ring, 3 is nearer to the disc's middle than 2, 4 is far away.
        assert (joined.n_under, joined.n_near, joined.n_none, joined.n_shared) == (1, 1, 1, 1)
        found = joined.tracked.tracks.links[["cell", "label", "y_px", "x_px"]]
        assert found.to_numpy().tolist() == [[1, 3, 20, 20], [3, 9, 50, 50]]
        with pytest.raises(InputError, match="none of its 4 points is at an object"):
            join_to_labels(points, Labels.from_array(np.zeros_like(labels)))


class TestRegistry:
    def test_names_are_unique_and_options_are_known(self):
        names = [each.name for each in FORMATS]
        assert len(set(names)) == len(names)

    def test_a_folder_of_tracks_is_recognised_with_masks_or_labels(self, tmp_path):
        tracked = divided()
        write_ctc(tmp_path / "t", tracked)
        assert recognise(tmp_path / "t").name == "ctc"
        from lamella.io.track_table import write_track_table

        write_track_table(tmp_path / "t" / "tracks.csv", tracked)
        assert recognise(tmp_path / "t").name == "lamella"
        back, _ = read_tracked(tmp_path / "t")
        np.testing.assert_array_equal(back.painted().asarray(), dividing_cell()[0])
        assert dict(back.tracks.parents) == {2: (1,), 3: (1,)}
        assert back.scale.pixel_size_um == 0.5

    def test_the_documentation_has_the_table_of_now(self, pytestconfig):
        text = (pytestconfig.rootpath / "docs" / "formats.md").read_text(encoding="utf-8")
        assert formats_table() in text
        for each in FORMATS:
            assert f"**`{each.name}`**" in text, f"docs/formats.md has no paragraph on {each.name}"


def test_napari_gets_rows_by_track_and_a_graph_of_all_parents():
    layer = napari_tracks(divided())
    assert layer.data.shape == (15, 4)
    assert np.all(np.diff(layer.data[:, 0]) >= 0)  # as napari wants them sorted
    assert layer.graph == {2: [1], 3: [1]}
    assert set(layer.graph) <= set(layer.data[:, 0])
    assert layer.properties["generation"].tolist() == [0] * 5 + [1] * 10
    np.testing.assert_array_equal(layer.properties["time_min"], layer.data[:, 1] * 2)


def test_a_movie_of_another_size_is_refused(movie, tmp_path):
    tiff.write_labels(tmp_path / "l.tif", ArrayFrames(np.ones((3, 8, 8), np.uint16)), scale=Scale())
    with pytest.raises(InputError, match=r"they are \(3, 8, 8\) \(T, Y, X\), the movie is"):
        import_tracked(tmp_path / "l.tif", tmp_path / "o", given=Given(like=movie))
    assert not (tmp_path / "o").exists()
