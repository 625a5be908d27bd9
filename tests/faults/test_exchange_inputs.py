"""Files from others that are broken, or meant to do harm: refused, and nothing is left behind."""

import json
import os
import pickle
import resource
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError, LamellaError, OutputError, SettingsError
from lamella.core.labels import Labels
from lamella.io.formats import recognise
from lamella.io.geff import read_geff, write_geff
from lamella.io.track_ids import tracked_from_ids
from lamella.io.track_table import read_track_table
from lamella.io.tracker_csv import read_tracker_csv
from lamella.run.exchange import export_tracked, import_tracked
from worlds import dividing_cell


@pytest.fixture
def geff(tmp_path):
    labels, parents = dividing_cell()
    tracked = tracked_from_ids(Labels.from_array(labels), {c: (p,) for c, p in parents.items()})
    write_geff(tmp_path / "g.geff", tracked)
    return tmp_path / "g.geff"


def rewrite(file, change):
    found = json.loads(file.read_text())
    change(found)
    file.write_text(json.dumps(found))


def names(folder):
    return sorted(each.name for each in folder.iterdir())


def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class TestGeff:
    @pytest.mark.parametrize(
        "part", ["nodes", "edges", "nodes/ids", "nodes/props/t", "nodes/props/y/values", ".zattrs"]
    )
    def test_a_part_is_missing(self, geff, part):
        target = geff / part
        shutil.rmtree(target) if target.is_dir() else target.unlink()
        with pytest.raises(InputError, match=r"g\.geff"):
            read_geff(geff)

    def test_every_file_cut_in_half(self, geff):
        files = [p for p in geff.rglob("*") if p.is_file() and p.stat().st_size > 1]
        assert len(files) > 10
        whole = read_geff(geff).tracks.links
        n_refused = 0
        for file in files:
            content = file.read_bytes()
            file.write_bytes(content[: len(content) // 2])
            refused = ""
            try:
                pd.testing.assert_frame_equal(read_geff(geff).tracks.links, whole)
            except LamellaError as error:  # else it was of what is not read, such as lineages
                refused = str(error)
            assert not refused or "g.geff" in refused
            n_refused += bool(refused)
            file.write_bytes(content)
        assert n_refused > 10

    def test_a_chunk_is_lost(self, geff):
        for chunk in (geff / "nodes/props/x/values").glob("[0-9]*"):
            chunk.unlink()
        with pytest.raises(InputError, match=r"its axis x goes from 0 .* parts of it may be lost"):
            read_geff(geff)

    def test_a_huge_array_is_declared(self, geff):
        before = peak_mb()
        for file in geff.rglob(".zarray"):

            def grow(found):
                found["shape"][0] = 10**10

            rewrite(file, grow)
        with pytest.raises(InputError, match=r"declares .* GiB and holds .* MiB"):
            read_geff(geff)
        assert peak_mb() - before < 200

    def test_a_huge_chunk_is_declared(self, geff):
        rewrite(geff / "nodes/ids/.zarray", lambda found: found.update(chunks=[10**12]))
        with pytest.raises(InputError, match="a chunk of it has 1e\\+12 elements"):
            read_geff(geff)

    @pytest.mark.parametrize("place", ["filters", "compressor"])
    def test_pickles_are_never_opened(self, geff, tmp_path, place):
        mark = tmp_path / "harm"

        class Harm:
            def __reduce__(self):
                return os.mkdir, (str(mark),)

        codec = {"id": "pickle"}
        rewrite(
            geff / "nodes/ids/.zarray",
            lambda found: found.update({place: [codec] if place == "filters" else codec}),
        )
        for chunk in (geff / "nodes/ids").glob("[0-9]*"):
            chunk.write_bytes(pickle.dumps(Harm()))
        with pytest.raises(InputError, match="'pickle', which is not known to be safe"):
            read_geff(geff)
        assert not mark.exists()

    def test_deeply_nested_metadata(self, geff):
        (geff / "nodes" / "zarr.json").write_text("[" * 100_000 + "]" * 100_000)
        with pytest.raises(InputError, match="it is not JSON"):
            read_geff(geff)

    def test_what_ours_says_is_not_trusted(self, geff):
        def lie(found):
            found["geff"]["extra"]["lamella"] = {
                "n_frames": 10**15, "frame_shape": ["a", -1], "time_min": [1, 0],
                "first_last": {"1": [-5, 10**30], "x": 3, "99": [0, 1]}, "columns": "everything",
            }  # fmt: skip

        rewrite(geff / ".zattrs", lie)
        tracked = read_geff(geff, n_frames=None)
        assert tracked.frame_shape is None
        assert tracked.tracks.first_last[1][0] == 0

    @pytest.mark.parametrize(
        "stated",
        [
            {"time_min": ["a"] * 10},
            {"time_min": [0, 1, 2, 3, 4, 5, 6, 7, 8, float("inf")]},
            {"time_min": [10**400, *range(9)]},
            {"first_last": {"1": ["x", None]}},
            {"first_last": {"1": [float("nan"), float("inf")]}},
            {"first_last": {"²": [0, 1], "9" * 5000: [0, 1]}},
            {"columns": [1, {"a": 1}, "y"]},
            {"n_frames": 10**9},
        ],
    )
    def test_odd_values_of_ours_are_passed_over(self, geff, stated):
        whole = read_geff(geff)
        rewrite(geff / ".zattrs", lambda found: found["geff"]["extra"]["lamella"].update(stated))
        back = read_geff(geff)
        assert back.scale.time_min is None
        assert dict(back.tracks.first_last) == dict(whole.tracks.first_last)
        assert back.n_frames == whole.n_frames
        pd.testing.assert_frame_equal(back.tracks.links, whole.tracks.links)

    def test_a_movie_that_is_too_short(self, geff):
        rewrite(
            geff / ".zattrs",
            lambda found: found["geff"]["extra"]["lamella"].update(first_last={"3": [5, 20]}),
        )
        with pytest.raises(InputError, match="a cell lives to frame 20, and the movie has 10"):
            read_geff(geff, n_frames=10)

    def test_links_to_elsewhere_are_refused(self, geff, tmp_path):
        (geff / "nodes").rename(tmp_path / "elsewhere")
        (geff / "nodes").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(InputError, match="nodes: it is a link"):
            read_geff(geff)

    def test_a_write_that_is_cancelled_between_the_renames(self, geff, monkeypatch):
        replace, before = Path.replace, read_geff(geff)

        def cancelled(self, target):
            if Path(target) == geff:
                monkeypatch.undo()
                raise KeyboardInterrupt
            return replace(self, target)

        monkeypatch.setattr(Path, "replace", cancelled)
        with pytest.raises(KeyboardInterrupt):
            write_geff(geff, before)
        assert names(geff.parent) == ["g.geff"]
        pd.testing.assert_frame_equal(read_geff(geff).tracks.links, before.tracks.links)

    def test_metadata_too_deep_to_recognise(self, geff):
        (geff / "zarr.json").write_text("[" * 100_000 + "]" * 100_000)
        assert recognise(geff).name == "geff"

    def test_nodes_of_one_number_and_edges_to_nowhere(self, geff):
        import zarr

        ids = zarr.open_array(str(geff / "nodes/ids"), mode="r+")
        ids[1] = ids[0]
        with pytest.raises(InputError, match="two of its nodes have one number"):
            read_geff(geff)
        ids[1] = 10**6
        with pytest.raises(InputError, match="has an end at no node"):
            read_geff(geff)

    def test_places_that_are_none(self, geff):
        import zarr

        zarr.open_array(str(geff / "nodes/props/y/values"), mode="r+")[2] = np.nan
        with pytest.raises(InputError, match="its axis y holds NaN"):
            read_geff(geff)


class TestTables:
    def test_a_line_without_end(self, tmp_path):
        file = tmp_path / "t.csv"
        file.write_bytes(b"particle,frame,y,x\n" + b"1," * (3 << 20))
        before = peak_mb()
        with pytest.raises(InputError, match="its line 2 is longer than 1 MiB"):
            read_tracker_csv(file)
        assert peak_mb() - before < 100

    def test_a_quote_that_never_closes(self, tmp_path):
        file = tmp_path / "t.csv"
        file.write_text('particle,frame,y,x\n1,0,"2,3\n' + "1,1,2,3\n" * 50_000)
        with pytest.raises(InputError, match=r"field larger than field limit|line \d+ has"):
            read_tracker_csv(file)

    def test_a_formula_is_text(self, tmp_path):
        file = tmp_path / "t.csv"
        file.write_text('particle,frame,y,x\n1,0,"=HYPERLINK(""http://x"")",3\n')
        with pytest.raises(InputError, match="line 2 has '=HYPERLINK"):
            read_tracker_csv(file)
        file.write_text("particle,frame,y,x\n=cmd|'/c calc'!A0,0,2,3\n")
        tracked = read_tracker_csv(file)  # a name like any other: it is not written anywhere
        export_tracked(file, tmp_path / "out.csv", to="tracks")
        assert "cmd" not in (tmp_path / "out.csv").read_text()
        assert list(tracked.tracks.first_last) == [1]

    def test_binary_rubbish(self, tmp_path):
        file = tmp_path / "t.csv"
        file.write_bytes(np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes())
        with pytest.raises(InputError, match=r"t\.csv"):
            read_tracker_csv(file)

    @pytest.mark.parametrize(
        ("row", "match"),
        [
            ("1,0,1,nan,2", "row 1 has 'nan' in the column y_px"),
            ("1,0,1.5,1,2", "row 1 has 1.5 in the column label"),
            ("0,0,1,1,2", "row 1 has 0 in the column cell"),
            ("1,-3,1,1,2", "frame -3, before the first"),
            ("1,1e18,1,1,2", "beyond any movie"),
            ("1,0,1,1,2\n1,0,2,1,2", "cell 1 in frame 0"),
            ("1,0,=1,1,2", "row 1 has '=1' in the column label"),
            ("1,0,1,1,2\n2,0,2,1,oops", "row 2 has 'oops' in the column x_px"),
        ],
    )
    def test_our_own_table_damaged(self, row, match, tmp_path):
        (tmp_path / "tracks.csv").write_text(f"cell,frame,label,y_px,x_px\n{row}\n")
        with pytest.raises(InputError, match=match):
            read_track_table(tmp_path / "tracks.csv")

    @pytest.mark.parametrize(
        ("column", "value", "match"),
        [
            ("y_um", "oops", "row 2 has 'oops' in the column y_um"),
            ("time_min", "oops", "row 2 has 'oops' in the column time_min"),
            ("first_frame", "oops", "row 2 has 'oops' in the column first_frame"),
            ("parent", "1.7", r"cell 1 has the parent '1\.7'"),
        ],
    )
    def test_further_columns_of_our_own_table_damaged(self, column, value, match, tmp_path):
        table = pd.DataFrame(
            {"cell": 1, "frame": [0, 1], "label": 1, "y_px": 1.0, "x_px": 2.0, "y_um": 0.5,
             "x_um": 1.0, "time_min": [0, 5], "first_frame": 0, "last_frame": 1, "parent": 0},
        ).astype(str)  # fmt: skip
        table.loc[: 0 if column == "parent" else 1, column] = value
        if column != "parent":
            table.loc[0, column] = "1"
        table.to_csv(tmp_path / "tracks.csv", index=False)
        with pytest.raises(InputError, match=match):
            read_track_table(tmp_path / "tracks.csv")

    def test_a_pixel_size_below_zero_is_none(self, tmp_path):
        (tmp_path / "tracks.csv").write_text(
            "cell,frame,label,y_px,x_px,y_um,x_um\n1,0,1,1,2,-1,-2\n"
        )
        assert read_track_table(tmp_path / "tracks.csv").scale.pixel_size_um is None

    def test_one_long_text_does_not_widen_all_others(self, tmp_path):
        rows = "".join(f"1,{t},1,2\n" for t in range(100_000))
        (tmp_path / "t.csv").write_text(f"particle,frame,y,x\n{rows}1,100000,1,{'9' * 100_000}\n")
        before = peak_mb()
        with pytest.raises(InputError, match=r"line 100002 has '9999.*is not a number"):
            read_tracker_csv(tmp_path / "t.csv")
        assert peak_mb() - before < 300

    @pytest.mark.parametrize(
        "content",
        [
            b"particle,frame,y,x," + b"q" * 200_000 + b"\n1,0,1,2\n",
            b"\xff\xfe\x00\xd8\x00\xd8p\x00",
            b"title\n" + b"a" * 70_000 + b"\n\xff\xff\nparticle,frame,y,x\n1,0,1,2\n",
        ],
        ids=["a name of 200 kB", "half a letter in UTF-16", "no UTF-8 behind the first block"],
    )
    def test_headers_that_cannot_be_read(self, content, tmp_path):
        (tmp_path / "t.csv").write_bytes(content)
        with pytest.raises(InputError, match=r"t\.csv: it is not"):
            read_tracker_csv(tmp_path / "t.csv")
        assert recognise(tmp_path / "t.csv").name == "csv"  # looked at without a traceback

    def test_lives_of_our_own_table_are_not_trusted(self, tmp_path):
        head = "cell,frame,label,y_px,x_px,first_frame,last_frame,parent"
        (tmp_path / "tracks.csv").write_text(f"{head}\n1,3,1,1,1,7,2,1\n2,4,1,1,1,-9,4,oops\n")
        with pytest.raises(InputError, match="cell 2 has the parent 'oops'"):
            read_track_table(tmp_path / "tracks.csv")
        (tmp_path / "tracks.csv").write_text(f"{head}\n1,3,1,1,1,7,2,1\n2,4,1,1,1,-9,4,1\n")
        tracked = read_track_table(tmp_path / "tracks.csv")
        assert dict(tracked.tracks.first_last) == {1: (3, 3), 2: (0, 4)}
        assert dict(tracked.tracks.parents) == {}


class TestDoors:
    def table(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tracks.csv").write_text("particle,frame,y,x\n1,0,2,3\n1,1,2,3\n")
        return folder / "tracks.csv"

    def test_nothing_that_is_read_is_written_over(self, tmp_path):
        source = self.table(tmp_path / "in")
        before = source.read_bytes()
        for out in (tmp_path / "in", source, source / "deeper"):
            with pytest.raises(OutputError):
                import_tracked(source, out, force=True)
        with pytest.raises(OutputError, match="it is the input"):
            export_tracked(source, source, to="tracks", force=True)
        assert source.read_bytes() == before
        assert names(tmp_path / "in") == ["tracks.csv"]

    def test_existing_results_stay_without_force(self, tmp_path):
        source, out = self.table(tmp_path / "in"), tmp_path / "out"
        import_tracked(source, out)
        (out / "notes.txt").write_text("mine")
        with pytest.raises(OutputError, match="--force"):
            import_tracked(source, out)
        import_tracked(source, out, force=True)
        assert names(out) == ["notes.txt", "tracks.csv"]

    def test_a_failed_export_leaves_nothing(self, tmp_path):
        source = self.table(tmp_path / "in")
        for to, name in (("ctc", "01_RES"), ("labels", "l.tif")):
            with pytest.raises(InputError, match=r"needs shapes; add --labels"):
                export_tracked(source, tmp_path / "out" / name, to=to)
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize(
        ("to", "name", "match"),
        [
            ("excel", "o.xlsx", "there is no such format; use one of .*geff"),
            ("tracks", "o.txt", "give a name that ends in .csv"),
            ("csv", "o.csv", "it is only read, not written"),
            ("trakmate", "o.xml", "did you mean 'trackmate'"),
        ],
    )
    def test_formats_and_names_that_do_not_fit(self, to, name, match, tmp_path):
        with pytest.raises(SettingsError, match=match):
            export_tracked(self.table(tmp_path / "in"), tmp_path / name, to=to)

    def test_what_is_no_format_is_refused_with_the_list(self, tmp_path):
        (tmp_path / "x.docx").write_bytes(b"PK")
        with pytest.raises(InputError, match=r"no format that can be read; readable are .*geff"):
            recognise(tmp_path / "x.docx")
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match="no format that can be read"):
            recognise(tmp_path / "empty")
