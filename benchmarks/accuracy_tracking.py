"""Tracking against movies whose cells are known: links, divisions, TRA."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import numpy as np
from accuracy_declump import REPORT_FRAMES
from division_pictures import candidates_of
from motion_movies import DATA
from tracking_truth import TrackingScore, as_is, crowd, flock, missing, score, shuffled, touching

from lamella.core.frames import ArrayFrames, Frames
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.evaluate import Scores, Subject
from lamella.evaluate import score as scores_of
from lamella.io import open_labels, open_movie
from lamella.io.track_ids import tracked_from_ids
from lamella.segment import ByDistance, Motion
from lamella.track import Lap, Overlap

SEEDS = range(300, 304)
TRACKERS = (Lap(), Overlap())
NUCLEI_DIVISIONS = ((7, 111, 59), (24, 55, 93), (27, 35, 78))
"""Divisions of cancer_nuclei judged by eye: first frame of both daughters, y and x between them."""

_NEAR_PX, _NEAR_FRAMES = 15, 3
_PSC, _NUCLEI = "ctc_PhC-C2DL-PSC", "cancer_nuclei"

Spoilt = Callable[[Tracks, np.ndarray, int], tuple[Tracks, np.ndarray]]

WORLDS: dict[str, tuple[float, Spoilt]] = {
    "every 1 min": (1, as_is),
    "every 2 min": (2, as_is),
    "every 4 min": (4, as_is),
    "every 2 min, 3 % of objects missed": (2, missing),
    "every 2 min, touching cells one object for 1 to 8 frames": (2, touching),
}


def tracking_table() -> str:
    """Section on tracking."""
    lines = [
        "## Tracking",
        "",
        f"Phantoms of {len(SEEDS)} seeds a row: 34 to 60 cells in a field of 400×400 px, 60 "
        "frames, dividing, touching, leaving and entering; true labels with their numbers drawn "
        "anew in every frame, all settings by default. *Links*: of each cell to its next frame, "
        "right over all of either side; over gaps of at most two frames (of the length of the "
        "touch, where cells are one object). *Divisions*: mother and both daughters right.",
        "",
        "| phantom | step over spacing | links, lap | divisions F1, lap | links, overlap "
        "| divisions F1, overlap |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, (interval, spoil) in WORLDS.items():
        totals = {step.method: TrackingScore(0, 0, 0, 0, 0, 0) for step in TRACKERS}
        shares = []
        for seed in SEEDS:
            phantom = crowd(seed, interval_min=interval).make()
            truth, labels = spoil(phantom.true_tracks, phantom.truth.frames.asarray(), seed)
            truth, frames = shuffled(truth, labels, seed=seed)
            for step in TRACKERS:
                state = step.prepare(frames)
                told = step.told(state)
                longest = 8 if spoil is touching else 2
                totals[step.method] += score(step(frames, state=state), truth, longest_gap=longest)
            shares.append(np.sqrt(2) * told["step_px"] / told["spacing_px"])
        cells = [
            f"{total.link_accuracy:.2%} of {total.links} | {total.division_f1:.3f} of "
            f"{total.divisions}"
            for total in totals.values()
        ]
        lines.append(f"| {name} | {np.mean(shares):.2f} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_fast(), "", *_psc(), "", *_nuclei()])


def _fast() -> list[str]:
    """Cells that go further in a frame than to their neighbours."""
    lines = [
        "Fast cells: 64 discs 23 px apart that go one way, SD of turning 0.1 a frame, 12 frames, "
        f"{len(SEEDS)} seeds. *Set*: `persistence = 1` and `max_step_um` 1.5 steps.",
        "",
        "| step (px) | links right, by default | nothing predicted (`persistence = 0`) | set |",
        "| --- | --- | --- | --- |",
    ]
    for step_px in (5, 10, 20, 25, 30):
        ways = {
            "default": Lap(),
            "none": Lap(persistence=0),
            "set": Lap(persistence=1, max_step_um=1.5 * step_px),
        }
        totals = dict.fromkeys(ways, TrackingScore(0, 0, 0, 0, 0, 0))
        for seed in SEEDS:
            labels = flock(step_px, seed)
            known = tracked_from_ids(Labels("cell", ArrayFrames(labels)))
            truth, frames = shuffled(known.tracks, labels, seed=seed)
            for name, tracker in ways.items():
                state = tracker.prepare(frames, scale=Scale(1.0))
                totals[name] += score(tracker(frames, state=state), truth)
        told = " | ".join(f"{total.link_accuracy:.1%}" for total in totals.values())
        lines.append(f"| {step_px} | {told} |")
    return lines


def _psc() -> list[str]:
    """Real cells: TRA by the Challenge's rule."""
    if not (DATA / _PSC).is_dir():
        return [f"Without {_PSC}: its rows are not there."]
    lines = [
        f"{_PSC}, frames 0 to 24: the reference labels with their numbers drawn anew in every "
        f"frame. Frames {REPORT_FRAMES[0]} to {REPORT_FRAMES[-1]}: our own masks from the raw "
        "movie (`Motion`, `ByDistance`). The reference graph is built from the persistent ids of "
        "the silver truth; it knows no parents, so that every division found is an edge too many.",
        "",
        "| labels | tracker | SEG | DET | TRA | identity switches | divisions found |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, truth, labels, image in _psc_labels():
        for step in TRACKERS:
            tracks = step(labels, state=step.prepare(labels, image))
            found = against(truth, labels, tracks)
            values = " | ".join(f"{found.values[key]:.4f}" for key in ("SEG", "DET", "TRA"))
            n = len(found.switches) if found.switches is not None else 0
            lines.append(f"| {name} | {step.method} | {values} | {n} | {len(tracks.daughters)} |")
    return lines


def psc_reference() -> tuple[Frames, Frames]:
    """The raw frames of the stem cells, and the reference labels with persistent ids."""
    image = open_movie(DATA / _PSC / "02").channel()
    return image, open_labels(DATA / _PSC / "02_ST" / "SEG").frames


def _psc_labels() -> Iterator[tuple[str, Frames, Frames, Frames]]:
    """Name, reference, labels to track, and image."""
    image, truth = psc_reference()
    known = tracked_from_ids(Labels("cell", truth))
    yield "reference", truth, shuffled(known.tracks, truth.asarray(), seed=1)[1], image
    motion, split = Motion(), ByDistance()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of methods that warn of a field-wide change of light
        masks = ArrayFrames(motion(image, state=motion.prepare(image)).asarray())
    own = split(masks, image, None, state=split.prepare(masks, image, None))
    parts = [
        ArrayFrames(np.stack([source.frame(t) for t in REPORT_FRAMES]))
        for source in (truth, own, image)
    ]
    yield ("own masks", *parts)


def against(truth: Frames, labels: Frames, tracks: Tracks) -> Scores:
    """Scores of tracked labels against labels whose numbers are persistent ids."""
    reference = tracked_from_ids(Labels("cell", truth), source="reference")
    result = Tracked(tracks, len(labels), Labels("cell", labels), labels.frame_shape)
    return scores_of(*(_subject(each) for each in (reference, result)))


def _subject(tracked: Tracked) -> Subject:
    assert tracked.labels is not None
    frames = tracked.labels.frames
    return Subject(tracked.source, len(frames), frames.frame, frames.span, tracked)


def _nuclei() -> list[str]:
    """Divisions of real nuclei, judged by eye."""
    if not (DATA / _NUCLEI).is_dir():
        return [f"Without {_NUCLEI}: its divisions are not there."]
    tracks = nuclei_tracks()[2]
    found = candidates_of(tracks)[[Col.FRAME, Col.Y_PX, Col.X_PX]].to_numpy().tolist()
    lines = [
        f"{_NUCLEI}, 48 frames, labels that merge and split: every division of the movie, judged "
        "by eye on sheets of `benchmarks/division_pictures.py`, and every one that `lap` tells. "
        f"The same when within {_NEAR_FRAMES} frames and {_NEAR_PX} px; a division is found late "
        "where the daughters' labels are one for some frames.",
        "",
        "| division by eye: frame, y, x (px) | found | verdict |",
        "| --- | --- | --- |",
    ]
    for judged in NUCLEI_DIVISIONS:
        match = next((each for each in found if same_division(judged, each)), None)
        if match is not None:
            found.remove(match)
        told = "—" if match is None else "{:.0f}, {:.0f}, {:.0f}".format(*match)
        lines.append(
            f"| {', '.join(map(str, judged))} | {told} | {'missed' if match is None else 'found'} |"
        )
    lines += ["| — | {:.0f}, {:.0f}, {:.0f} | false |".format(*each) for each in found]
    return lines


def nuclei_tracks() -> tuple[Frames, Frames, Tracks]:
    """Raw frames, labels and tracks of the dividing nuclei."""
    raw = open_movie(DATA / _NUCLEI / "cancer_cell_migration_crop.tif").channel()
    labels = open_labels(DATA / _NUCLEI / "voronoi_otsu_labels.tif").frames
    step = Lap()
    return raw, labels, step(labels, state=step.prepare(labels, raw))


def same_division(a: tuple[int, ...], b: tuple[float, ...]) -> bool:
    """Whether two divisions (frame, y, x) are one."""
    near = np.hypot(a[1] - b[1], a[2] - b[2]) <= _NEAR_PX
    return bool(near and abs(a[0] - b[0]) <= _NEAR_FRAMES)
