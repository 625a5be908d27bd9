"""A small study of single bright cells, run, with frames that a person corrected to the truth."""

import json
import shutil
import warnings

import numpy as np
import pytest
import tifffile

from lamella.core.errors import LamellaWarning
from lamella.core.frames import ArrayFrames
from lamella.io import tiff
from lamella.io.opening import open_labels, open_movie
from lamella.run import execute
from lamella.run.corrections import EDITS, corrected_file, original_file
from lamella.run.execute import run_study
from lamella.run.study import open_study
from worlds.small_cellpose import small_cell

N_FRAMES = 8
HEADER = "movie,path,condition,session,exclude\n"
SEED = 700


def taught_study(folder, segment, *, n_movies=3):
    """Movies m0, m1 … with a segmenter, run into ``results``; nothing is corrected yet."""
    (folder / "raw").mkdir(parents=True)
    rows = []
    for k in range(n_movies):
        frames = small_cell(SEED + k, n_frames=N_FRAMES).movie.channel().asarray()
        tifffile.imwrite(folder / f"raw/m{k}.tif", frames, photometric="minisblack")
        rows.append(f"m{k},raw/m{k}.tif,{'wt' if k % 2 else 'ko'},day1,")
    (folder / "samples.csv").write_text(HEADER + "\n".join(rows) + "\n")
    (folder / "study.toml").write_text(
        'title = "Taught"  # mine\n[scale]\npixel_size_um = 0.318  # of the camera\n'
        f"interval_min = 5\n[objects.cell.segment]\n{segment}\n"
        "[measure]\nedge = false  # slow\nprotrusion = false\n"
    )
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore", LamellaWarning)
        patch.setattr(execute, "write_report", lambda out: out / "report.html")
        outcome = run_study(open_study(folder), folder / "results")
    assert not outcome.failed, outcome.failed
    return folder


def corrected_study(folder, segment):
    """Three movies, found by a network that knows nothing; four frames of each are corrected.

    Parameters
    ----------
    segment : str
        Lines of ``[objects.cell.segment]``, with the model untaught.safetensors.
    """
    folder.mkdir()
    untaught(folder / "untaught.safetensors")
    taught_study(folder, segment)
    for k in range(3):
        correct(folder, f"m{k}", {t: truth(k, t) for t in (1, 3, 5, 7)})
    return folder


def truth(k, t):
    """The cell of movie `k` in frame `t`, number 1."""
    return (small_cell(SEED + k, n_frames=N_FRAMES).truth.frames.frame(t) > 0).astype(np.uint32)


def correct(study, movie, frames, *, name="cell"):
    """Write the labels of some frames as a person corrected them, as an import of ROIs keeps them.

    Parameters
    ----------
    frames : dict of int to (Y, X) array
    """
    folder = study / "results/movies" / movie
    labels = folder / f"labels/{name}.ome.tif"
    scale, before = open_movie(labels).scale, open_labels(labels, name=name).frames.asarray()
    after = before.copy()
    for t, image in frames.items():
        after[t] = image
        if (after[t] == before[t]).all():  # then nothing would be corrected
            after[t][tuple(np.argwhere(after[t])[0])] = 0
    corrected_file(folder, name).parent.mkdir(exist_ok=True)
    shutil.copyfile(labels, original_file(folder, name))
    tiff.write_labels(corrected_file(folder, name), ArrayFrames(after), scale=scale, name=name)
    edit = {"time": "2026-01-01T00:00:00+00:00", "object": name, "changed": [1], "added": [],
            "removed": [], "names": {}, "parents": {}, "filled": []}  # fmt: skip
    (folder / EDITS).write_text(json.dumps(edit) + "\n")


TINY = ("epochs_frozen=1", "epochs=4", "patches_per_epoch=24", "learning_rate=0.01",
        "schedule=constant", "patches.patch_px=64")  # fmt: skip
"""A training of seconds, for the network of `untaught`."""


def untaught(file):
    """A recurrent network of 4 filters that knows nothing yet."""
    from lamella.nets.convlstm_unet import Architecture, from_scratch, save_model

    made = from_scratch(Architecture(poolings=2, filters=4, window=3, head="distance"), seed=0)
    save_model(file, made.state_dict(), made.architecture, about={"encoder": "nothing"})
    return file
