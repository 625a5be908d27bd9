"""Whole files or none: what is written appears under its name only when it is complete."""

from __future__ import annotations

import errno
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lamella.core.errors import OutputError

_PART = ".part"
_THREADS_END_WITHIN_S = 2.0
_PATHS = (str, bytes, os.PathLike)

_IN_USE = (
    "a file in it is still open in another program or on another machine",
    "close it there and run again",
)
# errno: what happened, what to do about it.
_FAULTS = {
    errno.ENOSPC: ("the disk is full", "free some space and run again; finished work is kept"),
    errno.EROFS: ("the disk is read-only", "choose another output folder"),
    errno.EACCES: ("writing there is not allowed", "ask for write access or choose another folder"),
    errno.EPERM: ("writing there is not allowed", "ask for write access or choose another folder"),
    errno.EIO: ("the disk reports a fault", "check the disk or the network drive and run again"),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", "choose another output folder"),
    errno.EISDIR: ("a folder of this name is in the way", "rename it or choose another name"),
    errno.EFBIG: (
        "a file of this size is not allowed there",
        "raise the limit (ulimit -f) or choose another disk",
    ),
    errno.ENOTEMPTY: _IN_USE,
    errno.EBUSY: _IN_USE,
    errno.ENAMETOOLONG: ("its name is too long for the disk", "choose a shorter name"),
}
if hasattr(errno, "ESTALE"):
    _FAULTS[errno.ESTALE] = (
        "the network drive lost hold of it, as when it was replaced from another machine",
        "run again; finished work is kept",
    )
if hasattr(errno, "EDQUOT"):
    _FAULTS[errno.EDQUOT] = (
        "the disk quota is used up",
        "free some space and run again; finished work is kept",
    )


def output_error(path: Path, error: OSError) -> OutputError:
    """The error that tells a user why `path` could not be written."""
    what, remedy = _FAULTS.get(
        error.errno or 0,
        (f"it cannot be written ({error.strerror or error})", "choose another output folder"),
    )
    return OutputError(str(path), what, remedy)


def of_the_disk(error: OSError) -> OutputError | None:
    """The error of a disk that is full, slow, or faulty, whatever was done to a file.

    None where the file is not known, or what happened depends on what was done.
    """
    of_any = (errno.ENOSPC, errno.EROFS, errno.EIO, errno.ENAMETOOLONG, errno.EFBIG)
    more = [getattr(errno, name) for name in ("EDQUOT", "ESTALE") if hasattr(errno, name)]
    if error.errno not in (*of_any, *more) or error.filename is None:
        return None
    return output_error(Path(error.filename2 or error.filename), error)


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a file so that it appears whole or not at all.

    Yields
    ------
    Path
        A temporary name in the same folder (made if missing). When the block ends without an
        error it replaces `path` in one step; otherwise it is removed and `path` stays as it was.

    Raises
    ------
    OutputError
        When the disk is full, read-only or otherwise refuses. Errors about other files, which the
        block may be reading, pass unchanged.
    """
    path = Path(path)
    part = path.parent / f".{path.name}.{uuid.uuid4().hex}{_PART}"
    ours = {Path.absolute(each) for each in (part, path, *path.parents)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        if (named := _named(error)) and not named & ours:
            raise
        raise output_error(path, error) from error
    finally:
        # After the rename there is nothing left; after an error, or a cancelled run, there may be.
        if part.exists():
            part.unlink()


@contextmanager
def whole_set(
    folder: str | os.PathLike[str], *, replaces: Callable[[str], bool], last: str
) -> Iterator[Path]:
    """Write files that belong together into a folder so that all of them appear or none.

    Parameters
    ----------
    replaces : function
        Of a file's name: whether a file of the folder is of an earlier set and goes. Everything
        else in the folder stays.
    last : str
        The file of the set without which the others mean nothing. It goes first and comes last, so
        that a machine that stops amid the renames leaves a set that is seen to be incomplete.

    Yields
    ------
    Path
        A hidden folder within `folder` (made if missing) to write the files into.

    Raises
    ------
    OutputError
        As `whole_file`; the earlier set is then untouched unless the renames had begun.
    """
    folder = Path(folder)
    part = folder / f".{uuid.uuid4().hex}{_PART}"
    new = not folder.exists()
    try:
        part.mkdir(parents=True)
        yield part
        names = sorted(each.name for each in part.iterdir())
        earlier = [each for each in folder.iterdir() if each.is_file() and replaces(each.name)]
        (folder / last).unlink(missing_ok=True)
        for each in earlier:
            if each.name not in names:
                each.unlink(missing_ok=True)
        for name in sorted(names, key=lambda name: name == last):
            (part / name).replace(folder / name)
    except OSError as error:
        ours = folder.absolute()
        if (named := _named(error)) and not any(
            there.is_relative_to(ours) or ours.is_relative_to(there) for there in named
        ):
            raise  # of a file that the block was reading
        raise output_error(folder, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if new and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a folder of files so that it appears whole or not at all.

    Yields
    ------
    Path
        A temporary folder beside `path`, made and empty. When the block ends without an error it
        takes the place of `path`, and of all that lay in it; otherwise it is removed, and `path`
        stays as it was.

    Raises
    ------
    OutputError
        When the disk is full, read-only or otherwise refuses.
    """
    path = Path(path).absolute()
    part = path.parent / f".{path.name}.{uuid.uuid4().hex}{_PART}"
    old = path.parent / f".{path.name}.{uuid.uuid4().hex}{_PART}"
    whole = False
    try:
        part.mkdir(parents=True)
        yield part
        # A folder cannot replace one that is not empty: the old one steps aside for a moment.
        if path.exists():
            path.replace(old)
        part.replace(path)
        whole = True
    except OSError as error:
        if (named := _named(error)) and not any(
            there.is_relative_to(path.parent) for there in named
        ):
            raise
        raise output_error(path, error) from error
    finally:
        # After an error or a cancelled run amid the two renames the old one comes back.
        if os.path.lexists(old) and not os.path.lexists(path):
            old.replace(path)
        _remove(old)
        if not whole:
            _remove_for_good(part)


def _named(error: OSError) -> set[Path]:
    """The files that an error is about; two where one was copied to another."""
    names = (error.filename, error.filename2)
    return {Path(os.fsdecode(name)).absolute() for name in names if isinstance(name, _PATHS)}


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def left_partial(folder: str | os.PathLike[str]) -> list[Path]:
    """What a killed run left half-written below `folder`."""
    found = []
    for place, folders, files in os.walk(folder):  # passes over what goes meanwhile
        halves = {n for n in (*folders, *files) if n.startswith(".") and n.endswith(_PART)}
        found += [Path(place, name) for name in halves]
        folders[:] = [name for name in folders if name not in halves]
    return sorted(found)


def _remove_for_good(folder: Path) -> None:
    """Also what threads of a library go on to write into it for a moment, as those of zarr do."""
    until = time.monotonic() + _THREADS_END_WITHIN_S
    _remove(folder)
    while time.monotonic() < until:
        time.sleep(_THREADS_END_WITHIN_S / 20)
        if not folder.exists():
            return
        _remove(folder)


def remove_partial_files(folder: str | os.PathLike[str]) -> list[Path]:
    """Delete what a killed run left half-written below `folder`; returns what was deleted."""
    left = left_partial(folder)
    for path in left:
        _remove(path)
    return left
