"""Movies whose channels lie in files or folders of their own: ``{channel}_t00-15.tif``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from lamella.core.errors import InputError
from lamella.core.frames import Frames
from lamella.core.movie import Movie, Scale
from lamella.io.image_folder import natural_key
from lamella.io.readers import SUFFIXES

MARK = "{channel}"
ANYTHING = "*"
"""Beside the mark, for what differs from channel to channel and means nothing (a serial number)."""

ChannelNames = Sequence[str] | Mapping[str, str]
"""Names of channels in order, or what stands for ``{channel}`` in the path by such names."""

Fit = Callable[[Mapping[str, Frames]], Mapping[str, Frames]]
"""Brings channels of different frame sizes to one size."""


def is_pattern(path: str) -> bool:
    """True where `path` stands for one file or folder per channel."""
    return MARK in path


def channel_paths(pattern: str, channel_names: ChannelNames | None = None) -> dict[str, Path]:
    """Path of every channel by name: those of `channel_names`, or all in natural order.

    Raises
    ------
    InputError
        When nothing matches, a channel asked for has no file, or has several.
    """
    if channel_names is None:
        if ANYTHING in pattern:
            raise InputError(
                pattern,
                f"{ANYTHING} hides where the names of its channels end",
                "name them under [channels] in study.toml",
            )
        found = _matches(pattern)
        if not found:
            raise InputError(
                pattern, "no file or folder matches it", f"check what stands around {MARK}"
            )
        return found
    marks = marks_of(channel_names)
    # A folder may hold a plate of files: it is listed only where a name is not known in full.
    found = _matches(pattern, marks.values()) if ANYTHING in pattern else {}
    paths = {
        name: found.get(mark, Path(pattern.replace(MARK, mark))) for name, mark in marks.items()
    }
    missing = [name for name, path in paths.items() if not _readable(path)]
    if missing:
        there = ", ".join(found or _matches(pattern))
        names = ", ".join(missing)
        files = ", ".join(paths[name].relative_to(root_of(pattern)).as_posix() for name in missing)
        raise InputError(
            pattern,
            f"channel{'s' * (len(missing) > 1)} {names} not found: there is no {files}",
            f"its channels are {there}: see [channels] names, or copy the file there"
            if there
            else "nothing at all matches it",
        )
    return paths


def marks_of(channel_names: ChannelNames) -> Mapping[str, str]:
    """What stands for ``{channel}`` in the path of every channel, by the channel's name."""
    if isinstance(channel_names, Mapping):
        return channel_names
    return {name: name for name in channel_names}


def root_of(pattern: str) -> Path:
    """The folder in front of the first part with ``{channel}``."""
    parts = Path(pattern).parts
    first = next(i for i, part in enumerate(parts) if MARK in part)
    return Path(*parts[:first])


def _matches(pattern: str, marks: Iterable[str] = ()) -> dict[str, Path]:
    """What lies in the place of every channel, of those named in `marks` where there are any."""
    root = root_of(pattern)
    part, *inner = Path(pattern).parts[len(root.parts) :]
    # A name may hold the mark once more (red/red_01.tif): the first decides, the others follow.
    head, _, tail = part.partition(MARK)
    some = "|".join(map(re.escape, marks)) or ".+"
    shape = f"{_literal(head)}(?P<channel>{some})" + _literal(tail).replace(
        re.escape(MARK), "(?P=channel)"
    )  # fmt: skip
    if not root.is_dir():
        raise InputError(str(root), "there is no such folder", "check the path")
    with os.scandir(root) as entries:
        found = [match for entry in entries if (match := re.fullmatch(shape, entry.name))]
    out: dict[str, Path] = {}
    for match in sorted(found, key=lambda match: natural_key(match[0])):
        name, channel = match[0], match["channel"]
        path = Path(root, name, *(one.replace(MARK, channel) for one in inner))
        if name.startswith(".") or not _readable(path):
            continue
        if channel in out:
            raise InputError(
                pattern,
                f"channel {channel} has two files, {out[channel].name} and {path.name}",
                f"write more of the name in the place of {ANYTHING}",
            )
        out[channel] = path
    return out


def _literal(text: str) -> str:
    return re.escape(text).replace(re.escape(ANYTHING), ".*")


def _readable(path: Path) -> bool:
    return path.is_dir() or (path.is_file() and path.suffix.lower() in SUFFIXES)


def open_pattern(
    pattern: str,
    open_one: Callable[[Path], Movie],
    channel_names: ChannelNames | None,
    fit: Fit | None = None,
) -> Movie:
    """One movie of all the channels; scale and times from the first that states them.

    Parameters
    ----------
    fit : callable, optional
        Brings channels of different sizes to one; by default they are refused.

    Raises
    ------
    InputError
        A channel that is missing, has channels of its own, or differs in size or frames.
    """
    channels: dict[str, Frames] = {}
    notes: list[str] = []
    scale = Scale()
    paths = channel_paths(pattern, channel_names)
    for name, path in paths.items():
        movie = open_one(path)
        if len(movie.channels) > 1:
            raise InputError(
                str(path),
                f"it has {len(movie.channels)} channels ({', '.join(movie.channel_names)}), and "
                f"{MARK} means one channel a file",
                f"give the file without {MARK}, or split its channels",
            )
        channels[name] = movie.channel()
        notes += [f"{name}: {note}" for note in movie.notes]
        notes += [f"{name}: {note}" for note in _conflicts(scale, movie.scale)]
        scale = Scale(
            movie.scale.pixel_size_um if scale.pixel_size_um is None else scale.pixel_size_um,
            movie.scale.time_min if scale.time_min is None else scale.time_min,
        )
    taken = set(paths.values())
    there = {} if ANYTHING in pattern else _matches(pattern)
    if left_out := [mark for mark, path in there.items() if path not in taken]:
        notes.append(f"left out, as [channels] names does not name them: {', '.join(left_out)}")
    _refuse_lengths(pattern, paths, channels)
    if fit is not None:
        channels = dict(fit(channels))
    if len({frames.shape for frames in channels.values()}) > 1:
        raise InputError(
            pattern,
            f"its channels differ in (T, Y, X): {_sizes(paths, channels)}",
            'crop them to one size, or set align = "translate" under [channels], which lays them '
            "over each other",
        )
    return Movie(channels, scale, pattern, tuple(notes))


def _refuse_lengths(
    pattern: str, paths: Mapping[str, Path], channels: Mapping[str, Frames]
) -> None:
    if len({len(frames) for frames in channels.values()}) > 1:
        raise InputError(
            pattern,
            "its channels differ in (T, Y, X), in their number of frames: "
            f"{_sizes(paths, channels)}",
            "give every channel the same frames",
        )


def _sizes(paths: Mapping[str, Path], channels: Mapping[str, Frames]) -> str:
    """Size of every channel, with its file."""
    return ", ".join(
        f"{name} {'×'.join(map(str, frames.shape))} ({paths[name].name})"
        for name, frames in channels.items()
    )


def _conflicts(first: Scale, other: Scale) -> list[str]:
    out = []
    a, b = first.pixel_size_um, other.pixel_size_um
    if a is not None and b is not None and abs(a - b) > 0.01 * max(a, b):
        out.append(f"file says {b:.4g} µm/px, the first channel's {a:.4g}: the first is used")
    s, t = first.time_min, other.time_min
    if s is not None and t is not None and len(s) == len(t) > 1:
        span, there = float(s[-1]), float(t[-1])
        if abs(span - there) > 0.01 * max(span, there):
            out.append(
                f"file says it lasts {there:.4g} min, the first channel's {span:.4g}: "
                "the first is used"
            )
    return out
