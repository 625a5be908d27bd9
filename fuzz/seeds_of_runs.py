"""Small whole files of Lamella itself: models, what stands in a run's folder, a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from fuzz.seeds import Folders, tracked


def model_card(folders: Folders) -> Iterator[Path]:
    """A model's folder with weights that nobody looks into."""
    from lamella.io.model_folder import ModelParts, write_model

    path = next(folders) / "model"
    write_model(path, ModelParts({"kind": "cellpose"}), save=lambda p: p.write_bytes(b"weights"))
    yield path


def safetensors(folders: Folders) -> Iterator[Path]:
    """A recurrent network's weights."""
    from lamella.nets.convlstm_unet import Architecture, from_scratch, save_model

    path = next(folders) / "weights.safetensors"
    architecture = Architecture(poolings=1, filters=8, window=2)
    net = from_scratch(architecture, seed=0)
    save_model(path, net.state_dict(), architecture, about={"name": "small"})
    yield path


def torch_weights(folders: Folders) -> Iterator[Path]:
    """Tensors as PyTorch saves them, in both of its formats."""
    import torch

    tensors = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2, dtype=torch.int64)}
    for today in (True, False):
        path = next(folders) / "weights.pth"
        torch.save(tensors, path, _use_new_zipfile_serialization=today)
        yield path


def keras_weights(folders: Folders) -> Iterator[Path]:
    """An HDF5 file of layers, as Keras publishes it; of other layers than are wanted."""
    import h5py

    path = next(folders) / "weights.h5"
    with h5py.File(path, "w") as out:
        out.attrs["layer_names"] = np.array([b"Conv1", b"bn_Conv1"])
        for name, weights in {"Conv1": ["kernel"], "bn_Conv1": ["gamma", "beta"]}.items():
            group = out.create_group(name)
            group.attrs["weight_names"] = np.array([f"{name}/{w}:0".encode() for w in weights])
            for weight in weights:
                group.create_dataset(f"{name}/{weight}:0", data=np.ones((3, 3, 3, 16), "f4"))
    yield path


def movie_record(folders: Folders) -> Iterator[Path]:
    """What lies in the folder of one movie of a run: manifest, decisions, edits, a journal."""
    from lamella.io.tables import write_table
    from lamella.run.cache import Done, Manifest
    from lamella.run.editing.links import Cut
    from lamella.run.editing.shapes import Delete
    from lamella.run.review.decision import Decision

    folder, tracks = next(folders) / "movie", tracked().tracks
    journal = folder / "corrections" / "journal" / "cell.p.jsonl"
    journal.parent.mkdir(parents=True)
    (folder / "tracks").mkdir()
    write_table(folder / "tracks" / "cell.parquet", tracks.links)
    found = {"first_last": tracks.first_last, "parents": tracks.parents, "n_frames": 6}
    Manifest(folder).record({"track/cell": Done("k" * 8, ("tracks/cell.parquet",), found)})
    told = {"object": "cell", "cell": 1, "who": "p", "when": "2024-01-01T00:00:00+00:00"}
    decisions = [
        Decision(id="a", verdict="exclude", reason="debris", first=0, last=2, **told),
        Decision(id="b", verdict="withdraw", withdraws="a", **told),
    ]
    lines = [each.model_dump(mode="json") for each in decisions]
    _write_lines(folder / "corrections" / "decisions.jsonl", lines)
    edits = [Delete(cell=1, first=2, last=2), Cut(cell=2, frame=3)]
    lines = [
        {"edit": each.model_dump(mode="json"), "why": "", "time": "t", "who": "p",
         "shapes": {"1": [[0, 2]]}}
        for each in edits
    ]  # fmt: skip
    head = {"session": "a", "who": "p", "time": "2024", "base": {"labels": [1, 2]}}
    _write_lines(journal, [head, *lines, {"undo": True, "time": "t"}])
    logged = [
        {"object": "cell", "parents": {"2": [1]}, "filled": [[1, 2]], **line} for line in lines
    ]
    _write_lines(folder / "corrections" / "edits.jsonl", logged)
    yield folder


def _write_lines(path: Path, lines: list[dict]) -> None:
    path.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")


def run_folder(folders: Folders) -> Iterator[Path]:
    """A study with the run on it."""
    from lamella.phantom import CellPhantom, StudyPhantom
    from lamella.run.demo import make_demo
    from lamella.run.execute import run_study
    from lamella.run.study import open_study

    path = next(folders) / "study"
    phantom = StudyPhantom(
        cells_per_session=1, n_frames=4, n_aborted=0, empty_rate=0, conditions={"WT": {}, "KO": {}},
        sessions={"a": {"photoelectrons": 300}},
        cell=CellPhantom(field_px=(48, 48), area_um2=30, speed_um_per_min=0.6),
    )  # fmt: skip
    make_demo(path, phantom=phantom)
    (path / "study.toml").write_text(
        "questions = false\noutlines = false\n[statistics]\nmeasures = ['area_um2']\n",
        encoding="utf-8",
    )
    run_study(open_study(path), path / "results")
    for heavy in ("results/figures", "results/report.html", "results/movies/KO__a__1", "true"):
        target = path / heavy
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)
    yield path


def program(folders: Folders) -> Iterator[Path]:
    """A line of Python that does nothing."""
    path = next(folders) / "a.py"
    path.write_text("pass", encoding="utf-8")
    yield path
