"""A movie corrected by hand: nothing is lost or overwritten, and the truth is nearer."""

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lamella.core.errors import InputError, OutputError
from lamella.core.tracked import Tracked
from lamella.evaluate import Subject, score
from lamella.io import open_labels, read_table
from lamella.run.browse import OpenedRun
from lamella.run.cache import Manifest
from lamella.run.corrections import EDITS, corrected_file, edits_of, original_file
from lamella.run.editing import (
    ChangedMeanwhileError,
    Cut,
    Delete,
    Divide,
    EditSession,
    Interpolate,
    Paint,
    Relink,
    Split,
    unsaved_edits,
)
from lamella.run.holding import locked
from worlds.correctable import (
    LOST,
    MERGED,
    SWAPPED,
    again,
    exchange_tracks,
    make_correctable,
    nearest_pair,
    phantom,
)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    study = tmp_path_factory.mktemp("correctable") / "study"
    make_correctable(study)
    return study


@pytest.fixture
def run(template, tmp_path):
    shutil.copytree(template, tmp_path / "study", copy_function=shutil.copy2)
    return OpenedRun(tmp_path / "study/results")


@pytest.fixture(scope="module")
def truth():
    return phantom()


def stack(tracked):
    return np.stack(list(tracked.labels.frames))


def subject(tracked: Tracked):
    return Subject(
        source="cells",
        n_frames=tracked.n_frames,
        shape_of=tracked.labels.frames.frame,
        shown=range(tracked.n_frames),
        tracked=tracked,
        shapes_are_tracked=True,
    )


def box(frame=0, cell=0, rows=slice(0, 3), columns=slice(0, 3)):
    drawn = np.zeros((160, 160), bool)
    drawn[rows, columns] = True
    return Paint.of(drawn, frame=frame, cell=cell)


class TestCorrected:
    def test_planted_errors_are_mended_and_the_truth_is_nearer(self, run, truth):
        """Two cells merged, two exchanged, one lost: edits as a person makes them."""
        labels, n = truth.truth.frames.asarray(), truth.n_frames
        known = Tracked(truth.true_tracks, n, truth.truth, labels.shape[1:], source="truth")
        one, two = nearest_pair(labels)
        third = next(int(c) for c in np.unique(labels[labels > 0]) if c not in (one, two))
        places = {
            (c, t): tuple(np.argwhere(labels[t] == c).mean(0))
            for t in range(n) for c in (one, two, third)
        }  # fmt: skip

        def at(cells, c, t):
            y, x = np.round(places[c, t]).astype(int)
            return int(cells.frame(t)[y, x])

        start = run.movie("a").current("cell").labels.frames
        exchange_tracks(run.folder, "a", at(start, one, 11), at(start, third, 11), SWAPPED)
        before = score(subject(known), subject(run.movie("a").current("cell"))).values
        with EditSession(run, "a") as session:
            cells = session.cells
            mixed = at(cells, one, MERGED[0])
            seeds = (places[one, MERGED[0]], places[two, MERGED[0]])
            session.do(Split(frame=MERGED[0], cell=mixed, seeds=seeds, last=MERGED[-1]))
            for c in (one, two, third):
                for t in range(1, n):
                    now, then = at(cells, c, t), at(cells, c, t - 1)
                    if now and then and now != then:
                        both = set(cells.frames_of(then)) & set(range(t, n))
                        session.do(Relink(cell=then, other=now, frame=t, swap=bool(both)))
            lost = at(cells, third, LOST[0] - 1)
            if lost != at(cells, third, LOST[-1] + 1):
                joined = at(cells, third, LOST[-1] + 1)
                session.do(Relink(cell=lost, other=joined, frame=LOST[-1] + 1))
            missing = [t for t in LOST if t not in cells.frames_of(lost)]
            if missing:
                session.do(
                    Interpolate(cell=lost, first=LOST[0] - 1, last=LOST[-1] + 1, as_seen=True)
                )
            session.save()
        after = score(subject(known), subject(run.movie("a").current("cell"))).values
        assert before["SEG"] < 0.95
        assert before["TRA"] < 0.97
        assert after["SEG"] > before["SEG"] + 0.04
        assert after["TRA"] > before["TRA"] + 0.02
        assert after["SEG"] > 0.97
        assert after["TRA"] > 0.995

    def test_only_what_depends_is_measured_again(self, run):
        study = run.study.folder
        tables = {
            name: read_table(run.folder / f"tables/{name}.parquet") for name in ("frames", "cells")
        }
        others = {
            p: p.stat().st_mtime_ns for p in (run.folder / "movies/b").rglob("*") if p.is_file()
        }
        assert not tables["frames"]["corrected"].any()
        assert (tables["cells"]["n_corrected_frames"] == 0).all()
        with EditSession(run, "a") as session:
            cells = session.cells
            cell = max(cells.cells, key=lambda c: (cells.frame(4) == c).sum())
            y = int(np.argwhere(cells.frame(4) == cell)[0][0])
            session.do(box(4, 0, slice(y, y + 2), slice(0, 160)), why="too large")
            session.do(Delete(cell=cell, first=6, last=6), why="not it")
            touched = {c for each in session._applied for c, _ in each.found.shapes}
            session.save()
        states = again(study, only=["a"])
        assert states["a", "segment/cell"] == "cached"
        assert states["a", "track/cell"] == states["a", "tables"] == "done"
        assert {
            p: p.stat().st_mtime_ns for p in (run.folder / "movies/b").rglob("*") if p.is_file()
        } == others
        frames = read_table(run.folder / "tables/frames.parquet")
        here = frames[frames["movie"] == "a"]
        marked = here[here["corrected"]]
        assert set(zip(marked["cell"], marked["frame"], strict=True)) >= {(cell, 4), (cell, 6)}
        assert set(marked["cell"]) <= touched
        assert marked.loc[marked["frame"] == 6, "empty"].all()
        counts = read_table(run.folder / "tables/cells.parquet").set_index(["movie", "cell"])
        assert counts.loc[("a", cell), "n_corrected_frames"] == 2
        old = tables["frames"]
        same = [name for name in frames.columns if name != "corrected"]

        def rows(table, movie):
            kept = (table["movie"] == movie) & ~((table["cell"].isin(touched)) & (movie == "a"))
            return table.loc[kept, same].reset_index(drop=True)

        pd.testing.assert_frame_equal(rows(frames, "b"), rows(old, "b"))
        # Of cells that were not touched, what is measured against others may change, there alone.
        now, then = rows(frames, "a"), rows(old, "a")
        assert len(now) == len(then) > 0
        other = (now != then) & ~(now.isna() & then.isna())
        assert set(now.loc[other.any(axis=1), "frame"]) <= {4, 6}
        differing = set(now.columns[other.any()])
        around = ("touches_neighbour", "surround", "intensity_contrast")
        assert {name for name in differing if not name.startswith(around)} == set()
        assert set(again(study).values()) == {"cached"}

    def test_the_log_tells_who_when_and_why(self, run):
        before = stack(run.movie("a").tracked("cell"))
        with EditSession(run, "a", who="ines@scope") as session:
            session.do(box(0, session.new_cell()), why="forgotten")
            session.do(box(2, 0, slice(0, 160), slice(0, 80)), why="dirt")
            after = stack(session.tracked())
            assert session.save()
            assert session.unsaved == 0
            assert not session.save()
        folder = run.folder / "movies/a"
        first, second = edits_of(folder, "cell")
        assert (first["who"], first["why"]) == ("ines@scope", "forgotten")
        assert first["words"] == f"paint 9 pixels of cell {first['added'][0]} in frame 0"
        assert first["time"].startswith("20")
        assert first["n_cells"] == first["n_cells_before"] + 1
        assert first["shapes"] == {str(first["added"][0]): [[0, 0]]}
        assert "parents" in second
        kept = open_labels(original_file(folder, "cell")).frames.asarray()
        assert np.array_equal(kept, before)
        assert np.array_equal(stack(run.movie("a").current("cell")), after)
        times = original_file(folder, "cell").stat().st_mtime_ns
        with EditSession(run, "a") as session:
            session.do(box(5, 0, slice(0, 160), slice(0, 60)))
            session.save()
        assert original_file(folder, "cell").stat().st_mtime_ns == times
        assert len(edits_of(folder, "cell")) == 3

    def test_lineage_is_kept_and_shapes_that_are_again_as_they_were_are_not_marked(self, run):
        folder = run.folder / "movies/a"
        with EditSession(run, "a") as session:
            cell = sorted(session.cells.cells)[0]
            frames = session.cells.frames_of(cell)
            made = session.do(Cut(cell=cell, frame=frames[3])).edit.new[0]
            other = next(
                c for c in sorted(session.cells.cells)
                if c not in (cell, made) and frames[3] in session.cells.frames_of(c)
            )  # fmt: skip
            session.do(Divide(mother=cell, daughters=(made, other), frame=frames[3]))
            parents = dict(session.cells.parents)
            session.save()
            assert run.movie("a").current("cell").tracks.parents == parents
            again(run.study.folder, only=["a"])
            lives = read_table(run.folder / "tables/cells.parquet").set_index(["movie", "cell"])
            assert lives.loc[("a", made), "parent"] == cell
        with EditSession(run, "a") as session:
            new = [c for c, named in session.cells.parents.items() if named == (cell,)]
            session.do(Relink(cell=cell, other=made, frame=frames[3]))
            renamed = next(c for c in new if c != made)
            session.do(Relink(cell=other, other=renamed, frame=frames[3]))
            session.save()
        kept, now = (open_labels(f(folder, "cell")) for f in (original_file, corrected_file))
        assert np.array_equal(kept.frames.asarray(), now.frames.asarray())
        states = again(run.study.folder, only=["a"])
        assert states["a", "track/cell"] == "done"
        frames_now = read_table(run.folder / "tables/frames.parquet")
        assert not frames_now["corrected"].any()


KILLED = """
    import os, signal, sys
    from pathlib import Path
    import numpy as np
    from lamella.run.browse import OpenedRun
    from lamella.run.editing import EditSession, Paint, Cut
    session = EditSession(OpenedRun(Path(sys.argv[1])), "a", who="ines@scope")
    drawn = np.zeros((160, 160), bool)
    drawn[0:3, 0:3] = True
    session.do(Paint.of(drawn, frame=0, cell=session.new_cell()), why="one")
    session.do(Cut(cell=1, frame=5), why="two")
    session.do(Cut(cell=1, frame=3), why="three")
    session.undo()
    np.save(sys.argv[2], np.stack(list(session.tracked().labels.frames)))
    print("ready", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(run, tmp_path):
    """A session of another process, killed amid its work; the labels that it had last."""
    seen = tmp_path / "seen.npy"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(run.folder), str(seen)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "ready\n", done.stderr
    assert done.returncode == -signal.SIGKILL
    return np.load(seen)


class TestJournal:
    def test_a_killed_session_is_recovered_exactly(self, run, tmp_path):
        seen = killed(run, tmp_path)
        assert not (run.folder / "movies/a" / EDITS).exists()
        assert unsaved_edits(run.movie("a"), "cell", who="ines@scope") == 2
        assert unsaved_edits(run.movie("a"), "cell", who="ivo@scope") == 0
        with EditSession(run, "a", who="ines@scope") as session:
            assert [entry.why for entry in session.left] == ["one", "two"]
            with pytest.raises(
                OutputError, match="2 edits of an earlier session are not saved; recover"
            ):
                session.do(Cut(cell=1, frame=2))
            session.recover()
            assert np.array_equal(stack(session.tracked()), seen)
            assert session.undone == 1
            session.redo()
            assert session.unsaved == 3
            session.undo()
            session.save()
        assert np.array_equal(stack(run.movie("a").current("cell")), seen)
        assert [edit["why"] for edit in edits_of(run.folder / "movies/a", "cell")] == ["one", "two"]
        assert unsaved_edits(run.movie("a"), "cell", who="ines@scope") == 0

    @pytest.mark.parametrize("cut", [1, 20, 60])
    def test_half_a_line_is_left_out(self, run, tmp_path, cut):
        killed(run, tmp_path)
        (journal,) = (run.folder / "movies/a/corrections/journal").glob("*.jsonl")
        whole = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(whole[:3]) + whole[3][:cut])
        with EditSession(run, "a", who="ines@scope") as session:
            assert "was being written when the window closed" in session.notes[0]
            session.recover()
            assert session.unsaved == 2
            session.do(Cut(cell=1, frame=2))
        with EditSession(run, "a", who="ines@scope") as session:
            assert session.notes == []
            assert len(session.recover()) == 3

    def test_a_damaged_line_amid_others_is_kept_aside(self, run, tmp_path):
        killed(run, tmp_path)
        (journal,) = (run.folder / "movies/a/corrections/journal").glob("*.jsonl")
        whole = journal.read_bytes().splitlines(keepends=True)
        damaged = b"".join([whole[0], whole[1], b"{]\n", *whole[3:]])
        journal.write_bytes(damaged)
        with EditSession(run, "a", who="ines@scope") as session:
            assert "is damaged" in session.notes[0]
            assert len(session.recover()) == 1
        (kept,) = journal.parent.glob("*.damaged.jsonl")
        assert kept.read_bytes() == damaged

    def test_edits_are_recovered_all_or_none(self, run, tmp_path):
        before = stack(run.movie("a").current("cell"))
        killed(run, tmp_path)
        (journal,) = (run.folder / "movies/a/corrections/journal").glob("*.jsonl")
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
        lines[2]["edit"]["cell"] = 99
        journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
        with EditSession(run, "a", who="ines@scope") as session:
            with pytest.raises(InputError, match="there is no cell 99"):
                session.recover()
            assert len(session.left) == 2
            assert np.array_equal(stack(session.tracked()), before)

    def test_discarding_keeps_a_copy(self, run, tmp_path):
        before = stack(run.movie("a").current("cell"))
        killed(run, tmp_path)
        with EditSession(run, "a", who="ines@scope") as session:
            aside = session.discard()
            assert "two" in aside.read_text()
            assert np.array_equal(stack(session.tracked()), before)
            session.do(Cut(cell=1, frame=2))
            assert session.unsaved == 1

    def test_two_windows_of_one_person(self, run):
        with (
            EditSession(run, "a"),
            pytest.raises(OutputError, match="is correcting this movie in another window"),
        ):
            EditSession(run, "a")
        EditSession(run, "a").close()
        assert not list((run.folder / "movies/a/corrections/journal").glob("*.jsonl"))

    def test_an_edit_that_cannot_be_noted_is_not_done(self, run, monkeypatch):
        with EditSession(run, "a") as session:
            session.do(Cut(cell=1, frame=4))
            before = stack(session.tracked())

            def full(fd):
                raise OSError(28, "No space left on device")

            monkeypatch.setattr(os, "fsync", full)
            with pytest.raises(OutputError, match="disk is full"):
                session.do(Cut(cell=1, frame=2))
            monkeypatch.undo()
            assert np.array_equal(stack(session.tracked()), before)
            assert session.unsaved == 1
            session.do(Cut(cell=1, frame=2))
        with EditSession(run, "a") as session:
            assert len(session.recover()) == 2

    @pytest.mark.parametrize("moment", ["labels", "journal"])
    def test_killed_while_saving(self, run, monkeypatch, moment):
        """With the log written: before the labels are there, before the journal is gone."""
        session = EditSession(run, "a", who="ines@scope")
        session.do(box(0, session.new_cell()), why="one")
        after = stack(session.tracked())
        journal = session._journal.file
        held = journal.read_bytes()
        session.save()
        session.close()
        folder = run.folder / "movies/a"
        journal.write_bytes(held)
        if moment == "labels":
            corrected_file(folder, "cell").unlink()
        with EditSession(run, "a", who="ines@scope") as session:
            if moment == "labels":
                assert edits_of(folder, "cell") == []
                session.recover()
                session.save()
            assert session.left == []
        assert len(edits_of(folder, "cell")) == 1
        assert np.array_equal(stack(run.movie("a").current("cell")), after)


class TestTwoPeople:
    def test_a_session_that_is_closed_saves_nothing(self, run):
        with EditSession(run, "a") as session:
            session.do(Cut(cell=1, frame=4))
        with pytest.raises(OutputError, match="this session is closed"):
            session.save()
        assert unsaved_edits(run.movie("a"), "cell") == 1

    def test_a_run_at_work_is_not_disturbed(self, run):
        with EditSession(run, "a") as session:
            session.do(Cut(cell=1, frame=4))
            with (
                locked(run.folder),
                pytest.raises(
                    OutputError, match=r"a run is working .* edits are kept in the journal"
                ),
            ):
                session.save()
            assert session.unsaved == 1
            assert session.save()

    def test_edits_that_do_not_meet_go_over_each_other(self, run):
        with (
            EditSession(run, "a", who="ines@scope") as ines,
            EditSession(run, "a", who="ivo@desk") as ivo,
        ):
            mine = ines.new_cell()
            ines.do(box(0, mine), why="mine")
            ines.do(box(0, mine, slice(3, 5)), why="more of mine")
            theirs = ivo.new_cell()
            assert mine == theirs
            ivo.do(box(0, theirs, slice(0, 3), slice(100, 120)), why="theirs")
            ivo.save()
            with pytest.raises(
                InputError, match=r"changed since you began: ivo@desk: paint 60 pixels"
            ):
                ines.save()
            assert ines.unsaved == 2
            ines.replay_on_theirs()
            image = ines.cells.frame(0)
            assert image[1, 110] == theirs
            assert image[1, 1] == image[4, 1] == theirs + 1
            ines.save()
        both = edits_of(run.folder / "movies/a", "cell")
        assert [edit["who"] for edit in both] == ["ivo@desk", "ines@scope", "ines@scope"]
        now = run.movie("a").current("cell").labels.frames.frame(0)
        assert (now[1, 110], now[1, 1]) == (theirs, theirs + 1)

    def test_a_daughter_of_ours_begins_later_on_theirs(self, run):
        """A division is done again on cells of which fewer, or others, were there before."""
        with (
            EditSession(run, "a", who="ines@scope") as ines,
            EditSession(run, "a", who="ivo@desk") as ivo,
        ):
            mother, one, two = sorted(ines.cells.cells)[:3]
            done = ines.do(Divide(mother=mother, daughters=(mother, one), frame=4)).edit
            assert done.older == (mother, one)
            assert len(set(done.new)) == 2
            ivo.do(Delete(cell=one, first=0, last=3))
            ivo.do(Delete(cell=two, first=8, last=8))
            ivo.save()
            with pytest.raises(ChangedMeanwhileError, match="changed since you began"):
                ines.save()
            ines.replay_on_theirs()
            (again,) = [entry.edit for entry in ines.edits]
            assert again.older == (mother,)
            assert ines.cells.parents == {again.new[0]: (mother,), one: (mother,)}
            ines.save()

    def test_a_third_saves_while_ours_go_on_top(self, run, monkeypatch):
        """What is not looked at for meeting is not overwritten either."""
        with (
            EditSession(run, "a", who="ines@scope") as ines,
            EditSession(run, "a", who="ivo@desk") as ivo,
            EditSession(run, "a", who="lea@lab") as lea,
        ):
            ines.do(Cut(cell=1, frame=4))
            ivo.do(box(0, ivo.new_cell()))
            ivo.save()
            lea.do(Delete(cell=1, first=8, last=8))
            lea.replay_on_theirs()
            begin = ines._journal.begin

            def meanwhile(*args):
                lea.save()
                begin(*args)

            monkeypatch.setattr(ines._journal, "begin", meanwhile)
            ines.replay_on_theirs()
            with pytest.raises(ChangedMeanwhileError, match="lea@lab: delete cell 1 in frame 8"):
                ines.save()
            assert ines.unsaved == 1

    def test_edits_that_meet_are_refused_and_kept(self, run):
        with (
            EditSession(run, "a", who="ines@scope") as ines,
            EditSession(run, "a", who="ivo@desk") as ivo,
        ):
            ines.do(Cut(cell=1, frame=4), why="mine")
            ivo.do(Delete(cell=1, first=8, last=8), why="theirs")
            ivo.save()
            before = stack(run.movie("a").current("cell"))
            with pytest.raises(InputError, match="put your edits on top of theirs"):
                ines.save()
            with pytest.raises(
                InputError, match=r"your edits meet theirs.*ivo@desk: delete cell 1 in frame 8 \(20"
            ):
                ines.replay_on_theirs()
            assert ines.unsaved == 1
        assert np.array_equal(stack(run.movie("a").current("cell")), before)
        with EditSession(run, "a", who="ines@scope") as ines:
            assert len(ines.left) == 1
            with pytest.raises(InputError, match="changed since you began"):
                ines.recover()
            assert len(ines.left) == 1

    def test_labels_that_another_program_wrote(self, run):
        with EditSession(run, "a", who="ines@scope") as ines:
            ines.do(Cut(cell=1, frame=4))
            labels = run.folder / "movies/a/labels/cell.ome.tif"
            shutil.copyfile(labels, labels.with_suffix(".new"))
            labels.with_suffix(".new").replace(labels)
            with pytest.raises(InputError, match="another program, or a new run, wrote its labels"):
                ines.save()
            with pytest.raises(InputError, match="it is not known what they changed"):
                ines.replay_on_theirs()
            assert ines.unsaved == 1


def test_what_is_not_there_is_told(run):
    with pytest.raises(InputError, match="no tracks of nucleus; it has cell"):
        EditSession(run, "a", "nucleus")
    manifest = Manifest(run.folder / "movies/a")
    by_hand = replace(manifest["track/cell"], provenance={"corrected": {}})
    manifest.record({"track/cell": by_hand})
    with pytest.raises(InputError, match="were removed since the last run"):
        EditSession(run, "a")
