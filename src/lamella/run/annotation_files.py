"""Where labels that people drew lie in a folder, and which movie each may belong to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lamella.core.errors import InputError
from lamella.io.ctc import is_ctc
from lamella.io.image_folder import SUFFIXES, natural_key
from lamella.io.imagej_roi import is_imagej_roi
from lamella.io.quimp import is_quimp
from lamella.io.seg_npy import is_seg_npy
from lamella.io.trackmate import is_trackmate
from lamella.run.samples import movie_name

KINDS = ("seg_npy", "imagej", "quimp", "trackmate", "ctc", "labels")
"""In the order in which they are believed where two tell of one frame."""

# What people and programs put behind the name of the image.
_BEHIND = re.compile(
    r"[ _.-]+(?:cp[_-]?masks?|masks?|labels?|seg|rois?|roi[_-]?set|instances?|gt|annotations?)$",
    re.IGNORECASE,
)
_OF_CHALLENGE = re.compile(r"_(?:GT|ST|RES|ERR_SEG)$", re.IGNORECASE)
# Names that tell nothing: the folder's name is the movie's.
_NO_NAME = re.compile(
    r"centered|centred|roi[_-]?set|rois?|masks?|labels?|\d{4,}-\d{4,}(-\d{4,})?", re.IGNORECASE
)
_FRAME = re.compile(r"(.+?)[ _-]*[ _-](?:t|time|frame)[_-]?(\d{1,6})", re.IGNORECASE)


_NUMBER = re.compile(r"(.*?)(\d{1,6})(\D*)")


class Numbered(NamedTuple):
    """What the name of an image says of others that may be frames of the same movie."""

    movie: str
    """What that movie would be called: as what the names share, or as their folder."""
    behind: str
    """What all have behind the number."""
    folder_of_frames: bool
    """Whether they bear nothing but numbers, in a folder of their own: ``cell3/0001.tif``."""
    number: int
    file: str
    """Folder and name, to tell images of the same number apart."""


class LabelFile(NamedTuple):
    """Labels of one movie or image."""

    kind: str
    """One of `KINDS`."""
    paths: tuple[Path, ...]
    """A file or folder; of outlines of QuimP and ROIs all those of one movie."""
    names: tuple[str, ...]
    """What the movie may be called, the surest first."""


def stem_of(path: Path) -> str:
    """A file's name without its ending, of an OME-TIFF without both."""
    return path.stem[:-4] if path.stem.lower().endswith(".ome") else path.stem


def frame_in(name: str) -> tuple[str, int] | None:
    """Movie and frame of a name such as ``cell3_t0012``; None where it tells none.

    >>> frame_in("cell3_t0012"), frame_in("cell3")
    (('cell3', 12), None)
    """
    found = _FRAME.fullmatch(name)
    return None if found is None else (found[1], int(found[2]))


def numbered(path: Path, top: Path) -> Numbered | None:
    """The parts of an image's name round its last number; None where it has none.

    Parameters
    ----------
    top : Path
        The folder that movies are named from.
    """
    found = _NUMBER.fullmatch(stem_of(path))
    if found is None:
        return None
    shared, below = found[1].rstrip(" _.-"), path.parent.resolve() != top.resolve()
    folder = path.parent.relative_to(top) if path.is_relative_to(top) else Path()
    inside = folder / f"{shared}.tif" if shared else folder.parent / f"{path.parent.name}.tif"
    return Numbered(
        movie_name(inside.as_posix()),
        found[3],
        below and shared.lower() in ("", "t", "frame"),
        int(found[2]),
        path.relative_to(top).as_posix() if path.is_relative_to(top) else path.name,
    )


def looks_like_labels(path: Path) -> bool:
    """Whether an image file bears a name of labels, such as ``cell3_mask.tif``."""
    return path.suffix.lower() in SUFFIXES and _BEHIND.search(stem_of(path)) is not None


def find_label_files(
    root: Path, *, is_movie: Callable[[Sequence[str]], bool] | None = None
) -> list[LabelFile]:
    """Everything in a folder, and in folders in it, that holds labels.

    Parameters
    ----------
    root : Path
        A folder, or one file of labels.
    is_movie : callable, optional
        Tells whether one of these names is that of a movie, where the movies lie elsewhere: then
        images that are called as a movie are labels, too, unless others are called as the same, and
        so are folders of frames. By default only what is named as labels
        is: the others are the images themselves.

    Returns
    -------
    list of LabelFile
        In natural order of the paths; kinds in the order of `KINDS`.

    Raises
    ------
    InputError
        Nothing there, or nothing that holds labels.
    """
    if not root.exists():
        raise InputError(str(root), "there is no such file or folder", "check the path")
    top = root if root.is_dir() and not is_ctc(root) else root.parent
    found = [_one(path, kind, top) for path, kind in _walk(root, top, is_movie)]
    if root.is_dir():
        found = _meant(found, is_movie)
    if not found:
        raise InputError(
            str(root),
            "it holds no labels",
            "give Cellpose's _seg.npy, ImageJ ROIs, QuimP's .QCONF or .paQP, label images called "
            "…_mask.tif, a folder of the Cell Tracking Challenge, or a run with corrections",
        )
    return sorted(_together(found), key=lambda each: KINDS.index(each.kind))


def _meant(
    found: list[LabelFile], is_movie: Callable[[Sequence[str]], bool] | None
) -> list[LabelFile]:
    """Without what is rather the image itself."""
    named = [
        each
        for each in found
        if each.kind != "labels" or each.paths[0].is_dir() or looks_like_labels(each.paths[0])
    ]
    if is_movie is None:
        return named
    told = {name for each in named for name in each.names}
    plain = (each for each in found if each not in named and told.isdisjoint(each.names))
    return [*named, *(each for each in plain if not named or is_movie(each.names))]


def _walk(
    path: Path, top: Path, is_movie: Callable[[Sequence[str]], bool] | None
) -> Iterator[tuple[Path, str]]:
    """Files and folders that may hold labels, with their kinds."""
    if path.is_file():
        kind = _kind(path)
        if kind is not None:
            yield path, kind
        return
    if is_ctc(path):
        yield path, "ctc"
        return
    inside = [each for each in path.iterdir() if not each.name.startswith(".")]
    holds_frames = path != top and any(each.suffix.lower() in SUFFIXES for each in inside)
    called = is_movie is not None and _is_of(path, inside, top, is_movie)
    if holds_frames and (called or _of_folder_beside(path)):
        yield path, "labels"
        return
    for each in sorted(inside, key=lambda each: natural_key(each.name)):
        # The nodes of an analysis whose parameters lie beside it are read with these.
        if each.suffix.lower() != ".snqp" or not each.with_suffix(".paQP").is_file():
            yield from _walk(each, top, is_movie)


def _is_of(
    path: Path, inside: Sequence[Path], top: Path, is_movie: Callable[[Sequence[str]], bool]
) -> bool:
    """Whether a folder is called as a movie, and none of its files is called as one in it."""
    return is_movie(_names(path, "labels", top)) and not any(
        is_movie(_names(each, "labels", top)[:1]) for each in inside if each.is_file()
    )


def is_label_folder(path: Path) -> bool:
    """Whether a folder bears the name of labels: of the Challenge, or of a folder beside it."""
    return is_ctc(path) or _of_folder_beside(path)


def _of_folder_beside(path: Path) -> bool:
    """Whether a folder is called as another beside it, whose frames it labels: 12 and 12_masks."""
    bare = _BEHIND.sub("", path.name)
    return bare not in ("", path.name) and path.with_name(bare).is_dir()


def _kind(path: Path) -> str | None:
    """What kind of labels a file may hold, by its name; TrackMate's by its beginning."""
    suffix = path.suffix.lower()
    if is_seg_npy(path):
        return "seg_npy"
    if is_imagej_roi(path):
        return "imagej"
    if is_quimp(path):
        return "quimp"
    if suffix == ".xml" and is_trackmate(path):
        return "trackmate"
    return "labels" if suffix in SUFFIXES else None


def _one(path: Path, kind: str, top: Path) -> LabelFile:
    return LabelFile(kind, (path,), _names(path, kind, top))


def _names(path: Path, kind: str, top: Path) -> tuple[str, ...]:
    """What the movie of a path may be called: with its folders, and by itself."""
    if kind == "ctc" and path.name.upper() in ("SEG", "TRA"):
        path = path.parent
        top = top if path.is_relative_to(top) and path != top else path.parent
    bare = path.name if path.is_dir() else stem_of(path)
    stems = [bare]
    if kind == "ctc":
        stems = [_OF_CHALLENGE.sub("", bare)]
    elif kind == "quimp":
        numbered = re.sub(r"_\d{1,3}$", "", bare)  # of the cell
        stems = [bare, numbered.removesuffix(".ome")]
    stems += [_BEHIND.sub("", stem) for stem in stems if kind != "ctc"]
    folder = path.parent
    names = []
    for stem in reversed(stems):
        if not stem:
            continue
        if _NO_NAME.fullmatch(stem):
            names += _with_folders(folder.parent, folder.name, top)
        else:
            names += _with_folders(folder, stem, top)
    return tuple(dict.fromkeys(names))


def _with_folders(folder: Path, stem: str, top: Path) -> list[str]:
    if not folder.is_relative_to(top):
        return [stem]
    return [movie_name((folder.relative_to(top) / f"{stem}.tif").as_posix()), stem]


def _together(found: list[LabelFile]) -> Iterator[LabelFile]:
    """Outlines of the several cells of one movie as one."""
    groups: dict[tuple[str, Path, str], list[LabelFile]] = {}
    for each in found:
        path = each.paths[0]
        alone = each.kind not in ("quimp", "imagej")
        key = (each.kind, path if alone else path.parent, "" if alone else each.names[0])
        groups.setdefault(key, []).append(each)
    for members in groups.values():
        first = members[0]
        yield first._replace(paths=tuple(path for each in members for path in each.paths))
