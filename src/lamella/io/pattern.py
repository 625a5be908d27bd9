"""Movies whose channels lie in files or folders of their own: ``{channel}_t00-15.tif``."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from lamella.core.errors import InputError
from lamella.core.frames import Frames
from lamella.core.movie import Movie, Scale
from lamella.io.image_folder import SUFFIXES, natural_key

MARK = "{channel}"


def is_pattern(path: str) -> bool:
    """True where `path` stands for one file or folder per channel."""
    return MARK in path


def channel_paths(pattern: str, channel_names: Sequence[str] | None = None) -> dict[str, Path]:
    """Path of every channel by name: those of `channel_names`, or all in natural order.

    Raises
    ------
    InputError
        When nothing matches, or a channel asked for has no file.
    """
    found = _matches(pattern)
    if channel_names is None:
        if not found:
            raise InputError(
                pattern, "no file or folder matches it", f"check what stands around {MARK}"
            )
        return found
    missing = [name for name in channel_names if name not in found]
    if missing:
        raise InputError(
            pattern,
            f"channel{'s' * (len(missing) > 1)} {', '.join(missing)} not found",
            f"its channels are {', '.join(found)}" if found else "nothing at all matches it",
        )
    return {name: found[name] for name in channel_names}


def root_of(pattern: str) -> Path:
    """The folder in front of the first part with ``{channel}``."""
    parts = Path(pattern).parts
    first = next(i for i, part in enumerate(parts) if MARK in part)
    return Path(*parts[:first])


def _matches(pattern: str) -> dict[str, Path]:
    root = root_of(pattern)
    part = Path(pattern).parts[len(root.parts)]
    # A name may hold the mark once more (red/red_01.tif): the first decides, the others follow.
    head, _, tail = part.partition(MARK)
    shape = re.escape(head) + "(?P<channel>.+)" + re.escape(tail).replace(
        re.escape(MARK), "(?P=channel)"
    )  # fmt: skip
    if not root.is_dir():
        raise InputError(str(root), "there is no such folder", "check the path")
    out = {}
    for entry in sorted(root.iterdir(), key=lambda path: natural_key(path.name)):
        match = re.fullmatch(shape, entry.name)
        if match is None or entry.name.startswith("."):
            continue
        channel = match["channel"]
        path = Path(pattern.replace(MARK, channel))
        if path.is_dir() or (path.is_file() and path.suffix.lower() in SUFFIXES):
            out[channel] = path
    return out


def open_pattern(
    pattern: str, open_one: Callable[[Path], Movie], channel_names: Sequence[str] | None
) -> Movie:
    """One movie of all the channels; scale and times from the first that states them.

    Raises
    ------
    InputError
        A channel that is missing, has channels of its own, or differs in size or frames.
    """
    channels: dict[str, Frames] = {}
    notes: list[str] = []
    scale = Scale()
    for name, path in channel_paths(pattern, channel_names).items():
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
    return Movie(channels, scale, pattern, tuple(notes))


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
