"""Before and after: a new model held against what found the objects until now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lamella.core.errors import InputError
from lamella.core.frames import ArrayFrames, Image
from lamella.core.table import Col
from lamella.evaluate import score_movie
from lamella.io import read_table
from lamella.io.atomic import whole_file
from lamella.io.documents import write_json
from lamella.io.model_folder import read_card
from lamella.io.tables import write_table
from lamella.run.annotation_labels import corrected
from lamella.run.learn.held_out import found_in
from lamella.run.learn.lesson import Lesson
from lamella.run.learn.lineage import learnt_from, own_frames, unknown_to
from lamella.run.learn.proposal import PICTURES, PROPOSAL, SCORES, SIDES, HeldOutFrame
from lamella.run.models import with_segmenter
from lamella.run.recordings import movie_of
from lamella.run.settings import settings_from
from lamella.run.study import Study
from lamella.run.train_annotated import FRAMES_FILE

MOST_FRAMES = 40
"""Of more held-out frames, so many are compared, evenly over all movies and times."""

SCORES_SHOWN = (Col.N_OBJECTS_FOUND, Col.N_OBJECTS_TRUE, Col.SEG, Col.IOU, Col.PIXEL_F1, Col.AP50)
_Advance = Callable[[str, int, int], object]


def compare(lesson: Lesson, folder: Path, *, advance: _Advance) -> None:
    """Segment the held-out frames of a model with and without it; write scores and masks beside it.

    Frames that what finds the objects now has learnt from are left away. Where no other is held
    out they are compared all the same, and `Proposal.n_known` tells that nothing follows from them.

    Parameters
    ----------
    folder : Path
        A model that was taught from this lesson.
    advance : callable
        Hears what is being done, how much of it is done, and of how much.

    Raises
    ------
    InputError
        No corrected frame was held out.
    """
    study, name = lesson.run.study, lesson.object_name
    every, known = held_out_frames(folder), learnt_from(lesson.present_model)
    one = read_card(folder, weigh=False)["held_out_of"] != "other movies"
    new = unknown_to(known, every, of_one_movie=one)
    chosen = evenly(new or every, MOST_FRAMES)
    table = lesson.segment_values(folder.resolve().as_posix())
    studies = {SIDES[0]: study, SIDES[1]: _using(study, name, table)}
    found = {
        side: _found(each, lesson, chosen, doing=f"held-out frames {side}", advance=advance)
        for side, each in studies.items()
    }
    truth = _corrected(lesson, chosen)
    frames = [
        HeldOutFrame(*key, found[SIDES[0]][key], found[SIDES[1]][key], truth[key]) for key in chosen
    ]
    write_table(folder / SCORES, scored(frames))
    images = {
        f"{side}_{n}": _small(getattr(f, side)) for n, f in enumerate(frames) for side in SIDES
    }
    with whole_file(folder / PICTURES) as part, part.open("wb") as file:
        np.savez_compressed(file, **images)
    beside = lesson.segment_values(_seen_from(study.folder, folder))
    told = {
        "object": name,
        "before": _described(lesson),
        "segment": beside,
        "frames": [list(key) for key in chosen],
        "n_held_out": len(every),
        "n_known": len(every) - len(new),
        "learnt": sorted(map(list, known | own_frames(folder))),
    }
    write_json(folder / PROPOSAL, told)  # last: without it the rest means nothing


def held_out_frames(folder: Path) -> list[tuple[str, int]]:
    """Movie and number of every frame that a model did not learn from, and was scored on.

    Raises
    ------
    InputError
        There is none.
    """
    held_out = set(read_card(folder, weigh=False)["held_out"])
    frames = read_table(folder / FRAMES_FILE)
    rows = frames[frames[Col.MOVIE].isin(held_out) & frames[Col.KEPT].astype(bool)]
    found = sorted(
        (movie_of(str(m)), int(t)) for m, t in zip(rows[Col.MOVIE], rows[Col.FRAME], strict=True)
    )
    if not found:
        raise InputError(str(folder), "no frame was held out", "train again")
    return found


def evenly(frames: Sequence[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    """At most so many of them, evenly spread over the list."""
    if len(frames) <= most:
        return list(frames)
    return [frames[n] for n in np.linspace(0, len(frames) - 1, most).round().astype(int)]


def scored(frames: Sequence[HeldOutFrame]) -> pd.DataFrame:
    """Scores of every frame against its corrected labels, before and after.

    Returns
    -------
    DataFrame
        movie, frame, segmenter (``before`` or ``after``), n_objects_found, n_objects_true, seg,
        iou, pixel_f1, ap50. NaN where a score cannot be told, as the overlap of nothing.
    """
    rows = []
    for each in frames:
        for side in SIDES[:2]:
            labels = ArrayFrames(np.asarray(getattr(each, side))[None])
            scores = score_movie(labels, truth={0: each.corrected}, source=f"{each.movie}, {side}")
            rows.append([each.movie, each.frame, side, *(scores[str(s)] for s in SCORES_SHOWN)])
    names = [Col.MOVIE, Col.FRAME, Col.SEGMENTER, *SCORES_SHOWN]
    whole = {str(name): "int64" for name in SCORES_SHOWN[:2]}
    return pd.DataFrame(rows, columns=list(map(str, names))).astype(whole)


def _using(study: Study, name: str, table: Mapping[str, Any]) -> Study:
    """The study with a model in the place of its segmenter."""
    made = settings_from({"objects": {name: {"segment": dict(table)}}}, where="the new model")
    return with_segmenter(study, name, made.objects[name].segment, name=name)


def _found(
    study: Study,
    lesson: Lesson,
    chosen: Sequence[tuple[str, int]],
    *,
    doing: str,
    advance: _Advance,
) -> dict[tuple[str, int], Image]:
    made: dict[tuple[str, int], Image] = {}
    samples = {sample.movie: sample for sample in study.samples}
    for movie in dict.fromkeys(movie for movie, _ in chosen):
        own = [t for each, t in chosen if each == movie]
        labels = found_in(
            study,
            samples[movie],
            lesson.run.folder,
            lesson.object_name,
            own,
            advance=partial(_ahead, advance, doing, len(made), len(chosen)),
        )
        made |= {(movie, t): labels[t] for t in own}
    return made


def _ahead(advance: _Advance, doing: str, before: int, total: int, done: int, _: int) -> None:
    advance(doing, before + done, total)


def _corrected(lesson: Lesson, chosen: Sequence[tuple[str, int]]) -> dict[tuple[str, int], Image]:
    made: dict[tuple[str, int], Image] = {}
    for movie in dict.fromkeys(movie for movie, _ in chosen):
        folder = lesson.run.folder / "movies" / movie
        labels = corrected(folder, lesson.object_name, every_frame=True).labels
        made |= {(movie, t): labels.frame(t) for each, t in chosen if each == movie}
    return made


def _described(lesson: Lesson) -> str:
    """What finds the objects now, in words."""
    if lesson.base is None:
        return lesson.present.method
    return f"{lesson.present.method}, {Path(lesson.base).name}"


def _small(labels: Image) -> Image:
    """The same labels in as few bits as hold them."""
    return labels.astype(np.uint16 if labels.max(initial=0) < 2**16 else np.uint32)


def _seen_from(study: Path, folder: Path) -> str:
    """The model's folder as it stands in study.toml."""
    try:
        return folder.resolve().relative_to(study.resolve()).as_posix()
    except ValueError:
        return folder.resolve().as_posix()
