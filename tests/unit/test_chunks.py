"""Movies cut into chunks give the bytes of the whole, and keep what is done."""

from __future__ import annotations

import json
import os
import shutil
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile

from faults.studies import BARE, LEAN, cell_movie, contents
from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, Window
from lamella.core.movie import Movie, Scale
from lamella.core.registration import Registration
from lamella.io import write_movie
from lamella.measure import VARIANTS
from lamella.preprocess import Drift, Normalise
from lamella.run import execute, in_parts, work
from lamella.run.cache import Manifest
from lamella.run.chunks import Cutting, parts
from lamella.run.chunks.states import read_state, write_state
from lamella.run.execute import run_study
from lamella.run.executors import InProcess
from lamella.run.movie import advance, make_part, run_movie
from lamella.run.movies import run_all
from lamella.run.stopping import never
from lamella.run.study import open_study
from lamella.run.task import task_for
from lamella.segment import ByDistance, Motion, MultiOtsu
from lamella.track import Lap, Largest, Overlap

FEW = "[measure]\nedge = false\nlamellipodium = false\nprotrusion = false\nwalks = false\n"
SPLIT = '[objects.cell.declump]\nmethod = "distance"\n'
OTSU = '[objects.cell.segment]\nmethod = "multiotsu"\n'

STUDIES = {
    # Every group of measures, nothing else.
    "all measures": BARE + OTSU,
    "normalised": BARE + OTSU + '[objects.cell.normalise]\nrule = "adaptive"\n' + FEW,
    "motion": BARE + '[objects.cell.segment]\nmethod = "motion"\nmax_lag = 3\n' + FEW,
    "drift, clumps, lap, bleaching": (
        BARE
        + "[drift]\n"
        + OTSU
        + SPLIT
        + '[objects.cell.track]\nmethod = "lap"\n'
        + FEW
        + 'bleaching = { method = "ratio" }\nbackground = { method = "percentile" }\n'
    ),
}


@pytest.fixture
def no_report(monkeypatch):
    monkeypatch.setattr(execute, "write_report", lambda out: out / "report.html")


def results(out: Path) -> dict[str, bytes]:
    return {
        name: data
        for name, data in contents(out).items()
        if name.startswith(("movies/", "tables/"))
    }


def study_of(folder: Path, settings: str, *, n_frames: int = 11) -> Any:
    movie = cell_movie(3, n_frames=n_frames)
    write_movie(folder / "raw" / "one.tif", movie.channels, scale=movie.scale)
    (folder / "study.toml").write_text(settings)
    (folder / "samples.csv").write_text("movie,path,condition,session\none,raw/one.tif,KO,1\n")
    return open_study(folder)


@pytest.mark.parametrize("settings", STUDIES.values(), ids=STUDIES.keys())
def test_a_cut_movie_gives_the_bytes_of_the_whole(tmp_path, no_report, monkeypatch, settings):
    monkeypatch.setattr(in_parts, "_MERGED_AT_ONCE", 2)  # of three or eleven chunks
    study = study_of(tmp_path / "study", settings)
    whole = run_study(study, tmp_path / "whole")
    assert not whole.failed
    for n in (1, 4) if settings is STUDIES["normalised"] else (4,):
        out = tmp_path / f"chunks of {n}"
        cut = run_study(study, out, cutting=Cutting(frames=n))
        assert [(r.stage, r.state, r.messages) for r in cut.results] == [
            (r.stage, r.state, r.messages) for r in whole.results
        ]
        assert results(out) == results(tmp_path / "whole")
        assert not list(out.rglob(".parts"))


def test_finished_chunks_are_not_done_again(tmp_path, no_report):
    study = study_of(tmp_path / "study", BARE + OTSU + FEW)
    (sample,) = study.samples
    task = task_for(study, sample, tmp_path / "out")
    told: list[tuple[str, int, int]] = []

    def hear(stage: str, done: int, total: int) -> None:
        told.append((stage, done, total))

    came = advance(task, Cutting(frames=4), None, tell=hear, stopped=never)
    assert not came.ended
    assert [part.span for part in came.parts] == [range(4), range(4, 8), range(8, 11)]
    done = make_part(task, came.parts[1], tell=hear, stopped=never)
    assert done.result.state == "done"
    assert told == [("segment cell", n, 4) for n in (1, 2, 3, 4)]
    again = advance(task, Cutting(frames=4), None, tell=hear, stopped=never)
    assert [part.span for part in again.parts] == [range(4), range(8, 11)]
    # Other chunks are others, and what was begun for other settings goes.
    (begun,) = (task.folder / ".parts").iterdir()
    assert len(list(begun.iterdir())) == 1
    other = advance(task, Cutting(frames=3), None, tell=hear, stopped=never)
    assert [part.span.start for part in other.parts] == [0, 3, 6, 9]
    (result,) = run_all([task], InProcess(), cutting=Cutting(frames=4))
    assert {each.state for each in result} == {"done"}
    assert not (task.folder / ".parts").exists()


def test_the_first_fault_is_told_as_of_the_whole(tmp_path, no_report):
    code = """
def segment(frame):
    if frame.max() == 0:  # a flat frame, stretched
        raise ValueError("seven")
    return frame * 0 + 1
"""
    settings = BARE + '[objects.cell.segment]\nmethod = "external"\nfunction = "seg.py:segment"\n'
    study = study_of(tmp_path / "study", settings)
    frames = np.random.default_rng(0).poisson(100, (11, 16, 16)).astype(np.uint16)
    frames[[3, 9]] = 7
    movie = Movie.from_array(frames, pixel_size_um=0.5, interval_min=1.0)
    write_movie(tmp_path / "study" / "raw" / "one.tif", movie.channels, scale=movie.scale)
    (tmp_path / "study" / "seg.py").write_text(code)
    for cutting in (None, Cutting(frames=2)):
        (fault,) = run_study(study, tmp_path / f"{cutting}", cutting=cutting).failed
        assert "frame 3: it raised ValueError: seven" in fault.message


def test_which_movies_are_cut():
    frames = ArrayFrames(np.broadcast_to(np.uint16(1), (2000, 1024, 1024)))
    large = Movie(channels={"a": frames}, scale=Scale(), source="large", recorded={})
    spans = Cutting().spans(large)
    assert spans[0] == range(123)  # 2.1 MB a frame
    assert [t for span in spans for t in span] == list(range(2000))
    small = Movie.from_array(np.zeros((50, 8, 8), np.uint16))
    assert Cutting().spans(small) == (range(50),)
    assert Cutting(frames=30).spans(small) == (range(30), range(30, 50))
    assert Cutting(frames=50).spans(small) == (range(50),)


def same(a: Any, b: Any) -> bool:
    """Equal to the last bit, types included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b)
        return True
    if isinstance(a, dict):
        return [*a] == [*b] and all(same(a[key], b[key]) for key in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if hasattr(a, "__dataclass_fields__"):  # caches aside
        return all(
            same(getattr(a, name), getattr(b, name))
            for name, f in a.__dataclass_fields__.items()
            if f.init
        )
    return a == b or (a != a and b != b)


def states():
    movie = cell_movie(5, n_frames=9)
    frames = movie.channel()
    labels = MultiOtsu()(frames)
    part = Window(frames, 2, 7)
    seen = Window(labels, 2, 7)
    yield Normalise().prepare(part)
    yield Motion(max_lag=2).prepare(part)
    yield Drift().prepare(part)
    yield ByDistance().prepare(seen, part)
    for tracker in (Largest(), Lap(), Overlap()):
        yield tracker.prepare(seen, part, scale=movie.scale, registration=None)
    still = Registration(np.tile(np.eye(2, 3), (9, 1, 1)), np.ones(9), np.ones(9, bool))
    yield Lap().prepare(seen, part, scale=movie.scale, registration=still)
    yield {
        "a": [1, 2.5, float("nan"), None, True],
        "b": (np.float32(3), range(2, 5), np.dtype("u2")),
    }


@pytest.mark.parametrize("state", list(states()), ids=lambda state: type(state).__name__)
def test_states_come_back_from_their_files(tmp_path, state):
    write_state(tmp_path / "state.npz", state)
    assert same(read_state(tmp_path / "state.npz"), state)


class Stranger(Enum):
    """No part of Lamella."""

    ONE = 1


def test_a_state_names_nothing_but_what_holds_values(tmp_path):
    path = tmp_path / "state.npz"
    for name in (
        "os:system",
        "lamella.run.execute:run_study",
        "lamella.io:none",
        f"{__name__}:Stranger",
    ):
        with path.open("wb") as file:
            np.savez(file, tree=np.array(json.dumps({"tuple": ["true"], "class": name})))
        with pytest.raises(InputError, match="it names"):
            read_state(path)
    with path.open("wb") as file:
        np.savez(file, tree=np.array(json.dumps({"what": 1})))
    with pytest.raises(InputError, match="it is not what a step remembers"):
        read_state(path)
    with pytest.raises(TypeError, match="a state cannot hold"):
        write_state(path, object())


def quiet(stage: str, done: int, total: int) -> None:
    return None


@pytest.mark.parametrize("file", ["labels.ome.tif", "state.npz", "made.json"])
def test_a_spoilt_chunk_is_made_anew(tmp_path, no_report, file):
    """A machine that stops leaves files of the right name and without content."""
    study = study_of(tmp_path / "study", LEAN)
    (sample,) = study.samples
    whole = task_for(study, sample, tmp_path / "whole")
    run_movie(whole)
    task = task_for(study, sample, tmp_path / "out")
    came = advance(task, Cutting(frames=4), None, tell=quiet, stopped=never)
    for part in came.parts:
        make_part(task, part, tell=quiet, stopped=never)
    spoilt = sorted(task.folder.glob(f".parts/*/labels.000004-*/{file}"))
    assert len(spoilt) == 1
    data = bytearray(spoilt[0].read_bytes())
    data[len(data) // 2] ^= 8
    spoilt[0].write_bytes(data)
    again = advance(task, Cutting(frames=4), None, tell=quiet, stopped=never)
    assert [part.span for part in again.parts] == [range(4, 8)]
    (ended,) = run_all([task], InProcess(), cutting=Cutting(frames=4))
    assert {each.state for each in ended} == {"done"}
    assert contents(task.folder) == contents(whole.folder)


def test_a_disk_that_never_gives_back_what_was_written_is_named(tmp_path, no_report, monkeypatch):
    study = study_of(tmp_path / "study", LEAN)
    (sample,) = study.samples
    task = task_for(study, sample, tmp_path / "out")
    holds = parts.holds_content

    def spoilt(path, content):
        return "labels.000004" not in str(path) and holds(path, content)

    monkeypatch.setattr(parts, "holds_content", spoilt)
    (ended,) = run_all([task], InProcess(), cutting=Cutting(frames=4))
    (failed,) = [each for each in ended if each.state == "failed"]
    assert failed.stage == "segment/cell"
    assert "frames 4 to 7 (labels) were made 4 times" in failed.message
    assert "check the disk or network drive" in failed.message


def test_a_chunk_that_meets_a_spoilt_one_is_made_when_that_is_mended(tmp_path, no_report):
    """Those who make a chunk do not read all that came before; what they trip over is made anew."""
    study = study_of(tmp_path / "study", STUDIES["motion"])
    (sample,) = study.samples
    whole = task_for(study, sample, tmp_path / "whole")
    run_movie(whole)
    task = task_for(study, sample, tmp_path / "out")
    spoilt = []

    class Spoiling(InProcess):
        def give(self, worker, job):
            first = f"{job.name}".endswith(" labels 0")
            for file in task.folder.glob(".parts/*/*.000004-*/state.npz") if first else ():
                if not spoilt:
                    file.write_bytes(file.read_bytes()[:-200])
                    spoilt.append(file)
            super().give(worker, job)

    (ended,) = run_all([task], Spoiling(), cutting=Cutting(frames=4))
    assert len(spoilt) == 1
    assert {each.state for each in ended} == {"done"}
    assert contents(task.folder) == contents(whole.folder)


def test_a_chunk_of_other_outlines_measures_no_others(tmp_path, no_report, monkeypatch):
    study = study_of(tmp_path / "study", BARE + OTSU + FEW)
    (sample,) = study.samples
    task = task_for(study, sample, tmp_path / "out")
    seen: list[tuple[str, tuple[str, ...]]] = []
    again = work.measured_again

    def looked(step, labels, folder, measured, variants):
        seen.append(("whole" if making[-1] is None else making[-1].phase, tuple(variants)))
        return again(step, labels, folder, measured, variants)

    making: list[Any] = []

    class Looking(InProcess):
        def give(self, worker, job):
            making.append(job.given[1] if job.part is not None else None)
            super().give(worker, job)

    monkeypatch.setattr(work, "measured_again", looked)
    (ended,) = run_all([task], Looking(), cutting=Cutting(frames=4))
    assert {each.state for each in ended} == {"done"}
    chunks = [each for each in seen if each[0] != "whole"]
    assert chunks == [(v, (v,)) for v in VARIANTS for _ in range(3)]


def test_a_chunk_that_misses_an_earlier_one_fails_nobody(tmp_path, no_report):
    study = study_of(tmp_path / "study", STUDIES["motion"])
    (sample,) = study.samples
    task = task_for(study, sample, tmp_path / "out")
    states = advance(task, Cutting(frames=4), None, tell=quiet, stopped=never).parts
    for part in states:
        make_part(task, part, tell=quiet, stopped=never)
    labels = advance(task, Cutting(frames=4), None, tell=quiet, stopped=never).parts
    assert labels[0].phase != states[0].phase
    shutil.rmtree(next(task.folder.glob(f".parts/*/{states[1].phase}.000004-*")))
    assert make_part(task, labels[0], tell=quiet, stopped=never).result.state == "done"
    again = advance(task, Cutting(frames=4), None, tell=quiet, stopped=never).parts
    assert [(part.phase, part.span) for part in again] == [(states[1].phase, range(4, 8))]


def test_chunks_that_fail_by_damaged_results_of_ours_are_made_again(tmp_path, no_report):
    """A worker mends: the stage before is run again, and chunks made from it go."""
    study = study_of(tmp_path / "study", LEAN)
    (sample,) = study.samples
    task = task_for(study, sample, tmp_path / "out")
    run_movie(task)
    whole = contents(task.folder)
    manifest = Manifest(task.folder)
    manifest.forget(*[stage for stage, _ in manifest if stage.startswith(("measure/", "tables"))])
    labels = task.folder / "labels" / "cell.ome.tif"
    when = labels.stat()
    with tifffile.TiffFile(labels) as file:  # it opens, and is older than the manifest
        (place,), (size,) = file.pages[5].dataoffsets, file.pages[5].databytecounts
    data = bytearray(labels.read_bytes())
    data[place : place + size] = bytes(size)
    labels.write_bytes(data)
    os.utime(labels, ns=(when.st_atime_ns, when.st_mtime_ns))
    jobs: list[str] = []

    class Listening(InProcess):
        def give(self, worker, job):
            jobs.append(job.name)
            super().give(worker, job)

    (ended,) = run_all([task], Listening(), cutting=Cutting(frames=4))
    assert "one, damage" in jobs
    assert {each.state for each in ended} <= {"done", "cached"}
    assert {each.stage for each in ended if each.state == "done"} >= {"track/cell", "measure/cell"}
    assert contents(task.folder) == whole


def test_a_chunk_that_fails_by_the_movie_fails_it_once(tmp_path, no_report):
    """Nothing of ours is damaged: the movie is not tried again."""
    settings = BARE + '[objects.cell.segment]\nmethod = "external"\nfunction = "seg.py:segment"\n'
    study = study_of(tmp_path / "study", settings)
    (tmp_path / "study" / "seg.py").write_text("def segment(frame):\n    raise ValueError('no')\n")
    (sample,) = study.samples
    jobs: list[str] = []

    class Listening(InProcess):
        def give(self, worker, job):
            jobs.append(job.name)
            super().give(worker, job)

    task = task_for(study, sample, tmp_path / "out")
    (ended,) = run_all([task], Listening(), cutting=Cutting(frames=4))
    assert [each.state for each in ended] == ["failed"]
    assert [job for job in jobs if "light" not in job] == [
        "one",
        "one",
        "one, segment/cell labels 0",
        "one, damage",
    ]
