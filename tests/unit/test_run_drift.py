"""A table [drift] in study.toml: the stage, the manifest, and what depends on it."""

import numpy as np
import pandas as pd
import planted_drift as plant
import pytest

from lamella.core.frames import ArrayFrames
from lamella.core.movie import Scale, regular_times
from lamella.io import read_json, tiff
from lamella.run.execute import run_study
from lamella.run.study import open_study

UM, N = 0.5, 6
PATH = plant.ramp(N, (15, -10))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One movie of a drifting field, with a channel that shows nothing but cells, and masks."""
    folder = tmp_path_factory.mktemp("drifting")
    scale = Scale(UM, regular_times(N, 1.0))
    phase, bare = (
        plant.planted(
            plant.shifts(PATH), look=look, side=192, light=5000, grains=10, seed=3,
            cell_share=0.02, directed_px=(0.5, 1.0),
        )
        for look in ("phase", "bare")
    )  # fmt: skip
    channels = {"GFP": bare.frames, "phase": phase.frames}
    tiff.write_movie(folder / "a.tif", channels, scale=scale)
    y, x = np.ogrid[:192, :192]
    discs = [(y - 70 - d[0]) ** 2 + (x - 90 - d[1]) ** 2 <= 100 for d in np.round(PATH)]
    masks = ArrayFrames(np.stack(discs).astype(np.uint16))
    tiff.write_labels(folder / "a_mask.tif", masks, scale=scale)
    (folder / "samples.csv").write_text("path,condition\na.tif,WT\n", encoding="utf-8")
    return folder


def run(folder, *lines):
    text = '[objects.cell]\ncentre = false\n[objects.cell.segment]\nmethod = "labels"\n'
    text += 'pattern = "a_mask.tif"\n' + "\n".join(lines)
    (folder / "study.toml").write_text(text, encoding="utf-8")
    out = folder / "results"
    done = run_study(open_study(folder), out)
    states = {r.stage: r.state for r in done.results}
    messages = " ".join(r.message for r in done.results if r.stage == "drift")
    frames = pd.read_parquet(out / "movies" / "a" / "frames.parquet")
    return states, messages, frames, read_json(out / "movies" / "a" / "manifest.json")["stages"]


def test_drift_in_a_run(folder):
    states, _, without, manifest = run(folder)
    assert "drift" not in states
    assert "drift" not in manifest
    assert without["step_px"].mean() == pytest.approx(np.hypot(3, 2), abs=0.2)

    states, told, frames, manifest = run(folder, "[drift]", 'channel = "phase"')
    assert told == ""
    assert states["drift"] == states["measure/cell"] == "done"
    assert states["segment/cell"] == states["track/cell"] == "cached"
    assert frames["y_px"].tolist() == without["y_px"].tolist()
    drift = frames[["drift_y_px", "drift_x_px"]].to_numpy()
    np.testing.assert_allclose(drift, PATH, atol=0.3)
    # The mask follows the glass to the nearest pixel.
    assert frames["step_px"].mean() < 0.6
    assert np.ptp(frames["y_um"]) < UM
    found = manifest["drift"]["found"]
    assert np.array(found["to_reference"]).shape == (N, 2, 3)
    assert found["not_estimable"] == []
    assert len(found["support"]) == N

    states, *_ = run(folder, "[drift]", 'channel = "phase"')
    assert set(states.values()) == {"cached"}

    applied = 'edges = "crop"', "fill = 7", 'interpolation = "lanczos"'
    states, *_ = run(folder, "[drift]", 'channel = "phase"', *applied)
    assert set(states.values()) == {"cached"}  # they say how an estimate is applied

    states, told, frames, manifest = run(folder, "[drift]", 'channel = "GFP"')
    assert "a.tif: no still structure was found in any frame" in told
    assert manifest["drift"]["found"]["not_estimable"] == list(range(N))
    assert not frames[["drift_y_px", "drift_x_px"]].to_numpy().any()


def test_a_channel_that_is_not_there(folder):
    text = '[drift]\nchannel = "DAPI"\n'
    (folder / "study.toml").write_text(text, encoding="utf-8")
    done = run_study(open_study(folder), folder / "other")
    assert "no channel named 'DAPI'" in " ".join(r.message for r in done.results)
