"""Score labels and tracks against a reference: what `lamella evaluate` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from lamella.core.errors import InputError
from lamella.core.labels import Labels
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.evaluate import Scores, Subject, score
from lamella.io import open_labels, write_json, write_table
from lamella.io.ctc import has_segmentation, has_tracks, is_ctc, read_ctc, read_ctc_segmentation
from lamella.io.track_folder import is_track_folder, read_track_folder
from lamella.io.track_ids import tracked_from_ids
from lamella.run.cautions import refuse_image
from lamella.run.single import refuse_existing, refuse_input

_UNTRACKED = "who is who is not known (--persistent-ids: a number is the same cell in all frames)"
_MARKERS = (
    "{}: it has no SEG; shapes are those of TRA, which in a gold truth are markers, not outlines"
)


class Evaluation(NamedTuple):
    """Scores, and what to know about them."""

    scores: Scores
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """What scores.json holds: every score, null where it has none, and the reasons for that."""
        return {**self.scores.values, "reasons": self.scores.reasons}


def evaluate(
    reference: Path,
    result: Path,
    out: Path | None = None,
    *,
    matches: Path | None = None,
    switches: Path | None = None,
    persistent_ids: bool = False,
    force: bool = False,
    advance: Callable[[int, int], object] = lambda done, total: None,
) -> Evaluation:
    """Evaluate a label movie or a folder of the Cell Tracking Challenge.

    Parameters
    ----------
    reference, result : Path
        Label movies, or folders of the Challenge (``01_GT`` or ``01_ST``, and ``01_RES``); one may
        be the one and the other the other.
    out, matches, switches : Path, optional
        scores.json; CSV tables of what became of every object, and of the links that jump.
    persistent_ids : bool
        Numbers of label movies, and of a truth without a text file of tracks, are cells.

    Raises
    ------
    InputError, FaultsError
        Files that cannot be read, or are not of the same frames.
    OutputError
        A file that is there already, unless `force`; one of the inputs.
    """
    for path in (out, matches, switches):
        if path is not None:
            refuse_existing(path, force=force)
            refuse_input(path, reference)
            refuse_input(path, result)
    subjects = [open_subject(path, persistent_ids=persistent_ids) for path in (reference, result)]
    scores = score(*(subject for subject, _ in subjects), advance=advance)
    told = [note for _, notes in subjects for note in notes]
    told += _mask_notes([subject for subject, _ in subjects], scores.matches)
    made = Evaluation(scores, tuple(told))
    if out is not None:
        write_json(out, made.as_json())
    if matches is not None:
        write_table(matches, scores.matches)
    if switches is not None and scores.switches is not None:
        write_table(switches, scores.switches)
    return made


def open_subject(path: Path, *, persistent_ids: bool) -> tuple[Subject, tuple[str, ...]]:
    """A label movie or a folder of the Challenge as something to evaluate, with notes on it."""
    if is_track_folder(path) and not is_ctc(path):
        tracked = read_track_folder(path)
        if tracked.labels is None:
            raise InputError(
                str(path), "it holds places without shapes", "join them: lamella import --labels"
            )
        return _tracked(tracked), _told(tracked)
    if not is_ctc(path):
        _refuse_folder_above(path)
        labels = open_labels(path)
        refuse_image(labels, str(path))
        if not persistent_ids:
            return _untracked(str(path), labels), ()
        return _tracked(tracked_from_ids(labels, source=str(path))), ()
    if not has_segmentation(path):
        tracked = read_ctc(path, persistent_ids=persistent_ids)
        notes = (_MARKERS.format(path),) if _is_truth(path) else ()
        return _tracked(tracked), (*_told(tracked), *notes)
    masks = read_ctc_segmentation(path)
    if not has_tracks(path) and not persistent_ids:
        shown = list(masks)
        return Subject(str(path), None, masks.__getitem__, shown, untracked=_UNTRACKED), ()
    tracked = read_ctc(path, persistent_ids=persistent_ids)
    subject = Subject(
        str(path),
        tracked.n_frames,
        masks.__getitem__,
        list(masks),
        tracked,
        shapes_are_tracked=not has_tracks(path),
    )
    return subject, _told(tracked)


def _refuse_folder_above(path: Path) -> None:
    """A folder that holds folders of the Challenge is not one of them."""
    inside = sorted(each.name for each in path.iterdir() if is_ctc(each)) if path.is_dir() else []
    if inside:
        raise InputError(
            str(path),
            f"it holds folders of the Cell Tracking Challenge ({', '.join(inside[:6])})",
            f"give one of them, such as {path / inside[0]}",
        )


def _mask_notes(subjects: Sequence[Subject], matches: pd.DataFrame) -> Iterator[str]:
    """Tell when one side has a single number for all that the other side tells apart."""
    columns = (Col.REFERENCE_LABEL, Col.RESULT_LABEL)
    numbers = [matches.loc[matches[name] > 0, name].nunique() for name in columns]
    for subject, n, other in zip(subjects, numbers, reversed(numbers), strict=True):
        if n == 1 and other > 1:
            yield (
                f"{subject.source}: all its objects have one number: a mask, no labels? Number "
                "them with: lamella segment MOVIE -o labels.tif -m labels --set pattern=… "
                "--set binary=true, or compare pixels with: lamella compare"
            )


def _untracked(source: str, labels: Labels) -> Subject:
    n_frames = labels.n_frames
    return Subject(source, n_frames, labels.frame, range(n_frames), untracked=_UNTRACKED)


def _tracked(tracked: Tracked) -> Subject:
    if tracked.labels is None:  # readers of labels always give them
        raise ValueError(f"{tracked.source} has no labels")
    n_frames = tracked.n_frames
    return Subject(tracked.source, n_frames, tracked.labels.frame, range(n_frames), tracked)


def _is_truth(path: Path) -> bool:
    return any((path / name).is_file() for name in ("man_track.txt", "TRA/man_track.txt"))


def _told(tracked: Tracked) -> tuple[str, ...]:
    return tuple(f"{tracked.source}: {note}" for note in tracked.notes)
