"""Movies whose planes a library reads, one at a time: the part that all such formats share."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lamella.core.errors import InputError, LamellaError
from lamella.core.frames import Frames, Image
from lamella.core.movie import Movie
from lamella.core.take import slices_of
from lamella.io.declared import LARGEST_FRAME, MOST_OF_LABELS, SMALL, refuse_type
from lamella.io.slices import projected
from lamella.io.stated import Stated, settle
from lamella.io.wanted import Wanted

_COPY_AGAIN = "copy it again from its source"


class PlaneReader(Protocol):
    """Reads planes of one position of one file; can be pickled and opens the file where it is used.

    Attributes
    ----------
    source : str
        The file.
    n_frames, n_channels, n_slices : int
    frame_shape : tuple of int
        (Y, X).
    dtype : numpy.dtype
        Of every plane, native.
    """

    source: str
    n_frames: int
    n_channels: int
    n_slices: int
    frame_shape: tuple[int, int]
    dtype: np.dtype[Any]

    def read(self, t: int, c: int, z: int) -> Image:
        """One plane, shape (Y, X); may raise whatever the library raises."""


class OpenedWhereRead:
    """Opens its file when it is first read from, in each process anew; one thread reads at a time.

    What is open is `_held`, and what is to be closed with it is entered into `_stack`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = contextlib.ExitStack()
        self._held: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_lock", "_stack", "_held")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        OpenedWhereRead.__init__(self)

    def __del__(self) -> None:
        if "_stack" in self.__dict__:  # else it was refused before it began
            self._stack.close()


class PlaneFrames(Frames):
    """One slice of one channel."""

    def __init__(self, planes: PlaneReader, channel: int, z: int) -> None:
        self._planes, self._channel, self._z = planes, channel, z
        self.span, self.frame_shape = range(planes.n_frames), planes.frame_shape
        self.dtype = planes.dtype

    def frame(self, t: int) -> Image:
        """Frame number `t`, shape (Y, X).

        Raises
        ------
        InputError
            When its pixels are damaged, or the file has vanished since it was opened.
        """
        self._refuse_outside(t)
        source = self._planes.source
        try:
            image = self._planes.read(t, self._channel, self._z)
        except LamellaError:
            raise
        except MemoryError as error:  # what a damaged block declares is asked for in the library
            raise InputError(
                source,
                f"frame {t} asks for more memory than there is",
                f"{_COPY_AGAIN}, or run with fewer workers",
            ) from error
        except Exception as error:  # each library has errors of its own
            raise InputError(
                source, f"frame {t} cannot be read ({first_line(error)})", _COPY_AGAIN
            ) from error
        if image.shape != self.frame_shape:
            raise InputError(
                source, f"frame {t} has shape {image.shape}, not {self.frame_shape}", _COPY_AGAIN
            )
        return np.ascontiguousarray(image, self.dtype)


def assembled(
    planes: PlaneReader,
    stated: Stated,
    wanted: Wanted,
) -> Movie:
    """The movie of these planes.

    Raises
    ------
    InputError
        Axes that are to be others than the file's, sizes of nothing or beyond reason, types that
        are no grey values, slices that nobody chose.
    """
    if wanted.axes is not None:
        raise InputError(
            planes.source, f"axes {wanted.axes}: files of this kind name their axes", "leave it out"
        )
    sizes = (planes.n_frames, planes.n_channels, planes.n_slices, *planes.frame_shape)
    if min(sizes) < 1:
        raise InputError(planes.source, f"it has no pixels (T, C, Z, Y, X = {sizes})", _COPY_AGAIN)
    n_bytes = planes.frame_shape[0] * planes.frame_shape[1] * planes.dtype.itemsize
    if n_bytes > LARGEST_FRAME or np.prod([float(n) for n in sizes[:3]]) > 1e7:
        raise InputError(
            planes.source, f"it declares more than can be (T, C, Z, Y, X = {sizes})", _COPY_AGAIN
        )
    stored = Path(planes.source).stat().st_size
    if n_bytes > SMALL and n_bytes > stored * MOST_OF_LABELS:
        raise InputError(
            planes.source,
            f"a frame of it declares {n_bytes / 2**20:.4g} MiB, and the file has {stored} bytes",
            _COPY_AGAIN,
        )
    refuse_type(planes.source, planes.dtype)
    z = wanted.take.z
    slices = slices_of(planes.n_slices, z, source=planes.source)
    settled = settle(
        stated,
        wanted,
        source=planes.source,
        n_frames=planes.n_frames,
        n_channels=planes.n_channels,
    )
    channels: dict[str, Frames] = {
        name: projected([PlaneFrames(planes, c, each) for each in slices], z)
        for c, name in enumerate(settled.channel_names)
    }
    return Movie(channels, settled.scale, planes.source, settled.notes)


def unreadable(source: str, kind: str, error: Exception) -> InputError:
    """The error of a file that its library does not open."""
    return InputError(source, f"it cannot be read as {kind} ({first_line(error)})", _COPY_AGAIN)


def first_line(error: Exception) -> str:
    """What an error says, short enough for a message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
