"""Folders of the Cell Tracking Challenge: a label image a frame, and a text file of the tracks.

Results are ``NN_RES`` (``mask000.tif`` …, ``res_track.txt``), the truth is ``NN_GT/TRA``
(``man_track000.tif`` …, ``man_track.txt``) with ``NN_GT/SEG`` or ``NN_ST/SEG`` (``man_seg000.tif``,
of some frames or all, without tracks). A line of the text is ``L B E P``: a label, the first and
last frame in which it is seen (from 0), and the label that it came from, 0 where there is none. A
label is seen in every frame from B to E; a cell that was out of sight goes on as the only child of
what it was before.

References
----------
Maška et al. 2023, https://doi.org/10.1038/s41592-023-01879-y
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lamella.core.errors import InputError, LamellaWarning
from lamella.core.labels import Labels
from lamella.core.movie import Scale
from lamella.core.pieces import Pieces, in_pieces
from lamella.core.table import Col
from lamella.core.tracked import Tracked
from lamella.core.tracks import Tracks
from lamella.io.atomic import whole_set
from lamella.io.ctc_lines import read_lines, refuse_disagreement
from lamella.io.ctc_masks import MaskFiles, MaskFrames, find_masks, refuse_missing
from lamella.io.track_ids import tracked_from_ids
from lamella.io.track_table import TABLE, is_our_table

_LARGEST_ID = np.iinfo(np.uint16).max
_MASK = re.compile(r"(mask|man_track|man_seg)_?\d+(_\d+)?\.tiff?", re.IGNORECASE)


class _Kind(NamedTuple):
    """What files of one kind are called."""

    stem: str
    text: str


_RESULT, _TRUTH = _Kind("mask", "res_track.txt"), _Kind("man_track", "man_track.txt")
_SEGMENTATION = "man_seg"


def is_ctc(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a folder in the layout of the Challenge, whole or not."""
    folder = Path(path)
    if not folder.is_dir():
        return False
    places = [folder, *(folder / name for name in ("TRA", "SEG") if (folder / name).is_dir())]
    texts = (_RESULT.text, _TRUTH.text)
    return any(
        _MASK.fullmatch(each.name) or each.name in texts
        for place in places
        for each in place.iterdir()
    )


def has_segmentation(path: str | os.PathLike[str]) -> bool:
    """Whether a folder holds masks called ``man_seg``, itself or in its ``SEG``."""
    folder = Path(path)
    return folder.is_dir() and _with_files(folder, "SEG", _SEGMENTATION) is not None


def has_tracks(path: str | os.PathLike[str]) -> bool:
    """Whether a folder holds a text file of tracks, itself or in its ``TRA``."""
    return any((Path(path) / name).is_file() for name in _TEXTS)


_TEXTS = (_RESULT.text, _TRUTH.text, f"TRA/{_TRUTH.text}")


def read_ctc(
    folder: str | os.PathLike[str],
    *,
    persistent_ids: bool = False,
    scale: Scale | None = None,
) -> Tracked:
    """Read a result or a truth with its tracks. Pixels are read again when they are asked for.

    Parameters
    ----------
    folder : path
        ``NN_RES``, ``NN_GT/TRA``, or ``NN_GT`` with a ``TRA`` in it.
    persistent_ids : bool
        Where there is no text file: a number is the same cell in every frame, and nobody is known
        to come from anybody. Then ``NN_ST`` and other folders ``SEG`` may be read too.
    scale : Scale, optional
        The files do not tell it.

    Returns
    -------
    Tracked
        Cells have the numbers of the files. A parent with a single child is kept as it stands, be
        it a division of which one daughter was lost or a cell that was out of sight.

    Raises
    ------
    InputError, FaultsError
        Frames without a mask, files that are damaged or differ in size, lines that are not four
        whole numbers, labels named twice, parents that are unknown or end after their child
        begins, and whatever the lines and the masks disagree about: all faults of a kind at once.
        A label that misses from masks amid its life is no fault but a note.
    """
    place, kind = _where_tracks_are(Path(folder))
    text = place / kind.text
    if not text.is_file():
        return _from_ids(Path(folder), place, kind, persistent_ids=persistent_ids, scale=scale)
    masks = find_masks(place, kind.stem)
    refuse_missing(masks, place)
    lines = read_lines(text, n_frames=len(masks))
    parents = {line.label: (line.parent,) for line in lines if line.parent}
    tracked = tracked_from_ids(
        Labels("cell", MaskFrames(masks)), parents, scale=scale, source=str(folder)
    )
    n_gaps = refuse_disagreement(lines, tracked.tracks.links, text)
    if not n_gaps:
        return tracked
    note = f"labels that miss from masks amid their lives, kept as gaps: {n_gaps}"
    return Tracked(
        tracked.tracks,
        tracked.n_frames,
        tracked.labels,
        tracked.frame_shape,
        tracked.scale,
        tracked.source,
        (note,),
    )


def read_ctc_segmentation(folder: str | os.PathLike[str]) -> MaskFiles:
    """The masks of a truth for segmentation, of the frames that it has.

    Parameters
    ----------
    folder : path
        ``NN_GT``, ``NN_ST`` or the ``SEG`` in one of them.

    Returns
    -------
    MaskFiles
        A mapping of frame number to (Y, X) labels, each read when it is asked for.

    Raises
    ------
    InputError, FaultsError
        No such masks, damaged ones, masks of several sizes, slices of 3-D movies.
    """
    given = _existing(Path(folder))
    place = _with_files(given, "SEG", _SEGMENTATION)
    if place is None:
        raise InputError(
            str(given),
            f"there is no {_SEGMENTATION}000.tif in it or in its SEG",
            "give NN_GT or NN_ST of the Challenge",
        )
    return find_masks(place, _SEGMENTATION)


def write_ctc(folder: str | os.PathLike[str], tracked: Tracked, *, truth: bool = False) -> Tracks:
    """Write tracked labels as a result of the Challenge: whole or not at all.

    Parameters
    ----------
    folder : path
        Made if missing. Masks and tracks of an earlier result in it are replaced, a ``tracks.csv``
        of Lamella, which tells of them, goes with them; other files stay.
    tracked : Tracked
        With labels. Objects of one cell in one frame become one object; objects of no cell become
        background.
    truth : bool
        Name the files as those of ``NN_GT/TRA``.

    Returns
    -------
    Tracks
        What was written: its links have the rows, order and index of those of `tracked`, `cell`
        being the number in the files (`label` is still the one in `tracked.labels`).

    Warns
    -----
    LamellaWarning
        One for each kind of thing that the format cannot keep, with its count: gaps (the cell goes
        on under a new number, as its own child), merged cells and children of parents that live on
        (they begin without a parent), numbers above 65 535 (all are counted anew from 1).

    Raises
    ------
    InputError
        No labels; a link to an object that is not in its frame; more than 65 535 tracks.
    OutputError
        When the disk refuses.

    Notes
    -----
    Masks are 16 bit, deflate-compressed, and carry neither date nor scale: the same tracks give
    the same bytes.
    """
    if tracked.labels is None:
        raise InputError(
            tracked.source,
            "only the places of its cells are known, and masks need shapes",
            "join the tracks to labels first, or choose a format of points",
        )
    kind = _TRUTH if truth else _RESULT
    pieces = in_pieces(tracked.tracks)
    written, renumbered = _in_16_bit(pieces.tracks, tracked.source)
    _warn(pieces, tracked.source, renumbered=renumbered)
    beside = () if truth else tables_of_masks(Path(folder))
    of_set = set_of_masks(truth=truth)
    with whole_set(
        folder, replaces=lambda name: of_set(name) or name in beside, last=kind.text
    ) as part:
        _write_masks(part, kind.stem, written, tracked)
        rows = [
            (label, *life, *written.parents.get(label, (0,)))
            for label, life in sorted(written.first_last.items())
        ]
        text = "".join(" ".join(map(str, row)) + "\n" for row in rows)
        (part / kind.text).write_text(text, encoding="ascii", newline="\n")
    return written


# Reading


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(
            str(folder),
            "it is a file" if folder.exists() else "there is no such folder",
            "give a folder of the Cell Tracking Challenge, such as 01_RES or 01_GT",
        )
    return folder


def _with_files(folder: Path, below: str, stem: str) -> Path | None:
    """The folder, or the one of this name in it, that holds masks called `stem`."""
    like = re.compile(re.escape(stem) + r"_?\d+(_\d+)?\.tiff?", re.IGNORECASE)
    for place in (folder, folder / below):
        if place.is_dir() and any(like.fullmatch(each.name) for each in place.iterdir()):
            return place
    return None


def _where_tracks_are(folder: Path) -> tuple[Path, _Kind]:
    _existing(folder)
    for kind in (_RESULT, _TRUTH):
        for place in (folder, folder / "TRA"):
            if (place / kind.text).is_file():
                return place, kind
    for kind in (_RESULT, _TRUTH, _Kind(_SEGMENTATION, _TRUTH.text)):
        below = "SEG" if kind.stem == _SEGMENTATION else "TRA"
        place_of_masks = _with_files(folder, below, kind.stem)
        if place_of_masks is not None:
            return place_of_masks, kind
    raise InputError(
        str(folder),
        f"it holds neither {_RESULT.text} with masks nor {_TRUTH.text} with man_track masks",
        "give a folder of the Cell Tracking Challenge, such as 01_RES or 01_GT",
    )


def _from_ids(
    folder: Path, place: Path, kind: _Kind, *, persistent_ids: bool, scale: Scale | None
) -> Tracked:
    if not persistent_ids:
        raise InputError(
            str(folder),
            f"{kind.stem} masks are there, {kind.text} is not: who is who is not told",
            "if a number is the same cell in every frame, say so with --persistent-ids",
        )
    masks = find_masks(place, kind.stem)
    refuse_missing(masks, place)
    note = f"no {kind.text}: numbers are taken for cells, parents are not known"
    labels = Labels("cell", MaskFrames(masks))
    return tracked_from_ids(labels, scale=scale, source=str(folder), notes=(note,))


# Writing


def _in_16_bit(tracks: Tracks, source: str) -> tuple[Tracks, bool]:
    """The same tracks with numbers that 16 bit can hold, and whether all had to change."""
    labels = sorted(tracks.first_last)
    if not labels or (labels[0] > 0 and labels[-1] <= _LARGEST_ID):
        return tracks, False
    if len(labels) > _LARGEST_ID:
        raise InputError(
            source,
            f"it has {len(labels)} tracks, and masks of the Challenge hold {_LARGEST_ID}",
            "cut the movie into parts, or choose another format",
        )
    new = {label: number for number, label in enumerate(labels, start=1)}
    links = tracks.links.copy()
    links[Col.CELL] = links[Col.CELL].map(new)
    parents = {
        new[child]: tuple(new[parent] for parent in known)
        for child, known in tracks.parents.items()
    }
    return Tracks.from_links(links, parents), True


def _warn(pieces: Pieces, source: str, *, renumbered: bool) -> None:
    counts = (
        ("cells that came from several others, now from none", pieces.n_merged),
        ("cells whose parent is unknown or lives on, now without one", pieces.n_orphans),
        ("gaps, after which a cell has a new number and is its own child", pieces.n_gaps),
    )
    messages = [f"{what}: {n}" for what, n in counts if n]
    if renumbered:
        messages.append("numbers above 16 bit: all tracks are counted anew from 1")
    for message in messages:
        warnings.warn(
            f"{source}: files of the Challenge cannot keep {message}",
            LamellaWarning,
            stacklevel=3,
        )


def _write_masks(part: Path, stem: str, written: Tracks, tracked: Tracked) -> None:
    from tifffile import imwrite

    if tracked.labels is None:
        return
    frames = tracked.labels.frames
    painted = written.relabel(frames)
    expected = {
        int(str(t)): np.unique(rows[Col.CELL]) for t, rows in written.links.groupby(Col.FRAME)
    }
    beyond = sorted(set(expected) - set(frames.span))
    if beyond:
        raise InputError(
            tracked.source,
            f"a track is in frame {beyond[0]}, and the labels have {len(frames)} frames",
            "give the labels that the tracks were made from",
        )
    digits = max(3, len(str(max(len(frames) - 1, 0))))
    for t in frames.span:
        image = painted.frame(t)
        present = np.flatnonzero(np.bincount(image.ravel(), minlength=1)[1:]) + 1
        lost = np.setdiff1d(expected.get(t, present[:0]), present)
        if len(lost):
            rows = written.links[
                (written.links[Col.CELL] == lost[0]) & (written.links[Col.FRAME] == t)
            ]
            raise InputError(
                tracked.source,
                f"frame {t} has no object {rows[Col.LABEL].iloc[0]}, which a track is linked to",
                "give the labels that the tracks were made from",
            )
        imwrite(
            part / f"{stem}{t:0{digits}d}.tif",
            image,
            photometric="minisblack",
            compression="zlib",
            rowsperstrip=max(1, image.shape[0]),
            metadata=None,
            software=False,
        )


def set_of_masks(*, truth: bool = False) -> Callable[[str], bool]:
    """Whether a name is of a file that `write_ctc` writes."""
    kind = _TRUTH if truth else _RESULT
    like = re.compile(re.escape(kind.stem) + r"\d+\.tif")
    return lambda name: name == kind.text or like.fullmatch(name) is not None


def tables_of_masks(folder: Path) -> tuple[str, ...]:
    """Our table of tracks in a folder: beside other masks it would tell of strangers."""
    return (TABLE,) if is_our_table(folder / TABLE) else ()
