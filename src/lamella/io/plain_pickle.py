"""Pickles of plain data from others, read without running any of them.

A pickle is a program; to load it is to run what its author wrote. Here none is run: its operations
are listed, and the few that build containers, numbers, text and numpy's arrays are followed. What a
pickle would have imported or called is never imported or called, whatever its name.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_OPERATIONS = 5_000_000
"""A file of Cellpose with ten thousand cells needs about a tenth of that."""
MOST_DEPTH = 64

# What a name in the pickle stands for, as far as it is understood.
_RECONSTRUCT, _ARRAY, _DTYPE, _SCALAR, _PATH = "reconstruct", "ndarray", "dtype", "scalar", "path"
_KNOWN = {
    (f"numpy.{core}.multiarray", name): means
    for core in ("core", "_core")
    for name, means in (("_reconstruct", _RECONSTRUCT), ("scalar", _SCALAR))
}
_KNOWN |= {("numpy", "ndarray"): _ARRAY, ("numpy", "dtype"): _DTYPE}
_KNOWN |= {
    (module, name): _PATH
    for module in ("pathlib", "pathlib._local")
    for name in (
        *("Path", "PosixPath", "WindowsPath"),
        *("PurePath", "PurePosixPath", "PureWindowsPath"),
    )
}


class UnreadableError(ValueError):
    """A pickle that is cut short, damaged, too large, or holds more than plain data."""


class _Name(NamedTuple):
    """An importable name that was not imported."""

    means: str


class _Made:
    """What a call would have made: told by the name called, its arguments and its state."""

    __slots__ = ("args", "means", "state")

    def __init__(self, means: str, args: tuple[Any, ...]) -> None:
        self.means, self.args = means, args
        self.state: Any = None


class StoredArray(NamedTuple):
    """An array of a pickle, whose bytes are turned into numbers when these are asked for."""

    shape: tuple[int, ...]
    dtype: str
    """Byte order, kind and size, such as ``<u2``; ``O`` for an array of objects."""
    fortran: bool
    content: bytes | list[Any]

    def values(self) -> NDArray[Any]:
        """The numbers.

        Raises
        ------
        UnreadableError
            Objects and text, or another number of bytes than the shape needs.
        """
        if not isinstance(self.content, bytes) or self.dtype[1:2] not in tuple("biuf"):
            raise UnreadableError(f"an array of {self.dtype!r} is not one of numbers")
        try:
            flat = np.frombuffer(self.content, np.dtype(self.dtype))
            return flat.reshape(self.shape, order="F" if self.fortran else "C")
        except (TypeError, ValueError) as error:
            raise UnreadableError(f"an array is damaged ({error})") from error


def read_plain(file: IO[bytes], n_bytes: int) -> Any:
    """The data of a pickle: containers, numbers, text, None; arrays as `StoredArray`.

    Parameters
    ----------
    file : binary file
        At the beginning of the pickle.
    n_bytes : int
        How many it has from there; no operation may claim more.

    Raises
    ------
    UnreadableError
        Anything else: a name that is none of numpy's arrays and of paths, an operation that plain
        data does not need, more than `MOST_OPERATIONS`, containers nested deeper than `MOST_DEPTH`,
        a file that is cut short.
    """
    machine = _Machine()
    claimed: Any = _Claimed(file, n_bytes)
    try:
        for operation, arg, _ in pickletools.genops(claimed):
            machine.do(operation.name, arg)
        (found,) = machine.stack
        return _Finished().of(found)
    except UnreadableError:
        raise
    except (ValueError, LookupError, TypeError, EOFError, MemoryError, OverflowError) as error:
        raise UnreadableError(f"it is damaged ({error or type(error).__name__})") from error


class _Claimed:
    """A file of which no more may be asked for than there is, so that a claim costs no memory."""

    def __init__(self, file: IO[bytes], n_bytes: int) -> None:
        self._file, self._left = file, n_bytes

    def read(self, n: int) -> bytes:
        if n > self._left:
            raise UnreadableError("it is cut short")
        data = self._file.read(n)
        self._left -= len(data)
        return data

    def readline(self) -> bytes:
        data = self._file.readline(self._left)
        self._left -= len(data)
        return data


class _Machine:
    """Follows operations that build plain data; refuses every other."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self._below: list[list[Any]] = []  # what lay on the stack when a mark was set
        self._memo: dict[int, Any] = {}
        self._left = MOST_OPERATIONS

    def do(self, name: str, arg: Any) -> None:
        """One operation with its argument, as `pickletools` tells them."""
        self._left -= 1
        if self._left < 0:
            raise UnreadableError(f"it has more than {MOST_OPERATIONS} operations")
        if name in _VALUES:
            self.stack.append(arg)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name in _TUPLES:
            n = _TUPLES[name]
            self.stack[len(self.stack) - n :] = [tuple(self._top(n))]
        elif name in _FOLLOWED:
            _FOLLOWED[name](self, arg)
        else:
            raise UnreadableError(f"it holds more than plain data (operation {name})")

    def _top(self, n: int) -> list[Any]:
        if len(self.stack) < n:
            raise UnreadableError("it is damaged (nothing to take)")
        return self.stack[len(self.stack) - n :]

    def _to_mark(self) -> list[Any]:
        items, self.stack = self.stack, self._below.pop()
        return items

    def _target(self, kind: type) -> Any:
        if not isinstance(self.stack[-1], kind):
            raise UnreadableError("it is damaged (a container is another one)")
        return self.stack[-1]

    def mark(self, _: None) -> None:
        self._below.append(self.stack)
        self.stack = []

    def in_tuple(self, _: None) -> None:
        items = self._to_mark()
        self.stack.append(tuple(items))

    def append(self, _: None) -> None:
        item = self.stack.pop()
        self._target(list).append(item)

    def appends(self, _: None) -> None:
        items = self._to_mark()
        self._target(list).extend(items)

    def setitem(self, _: None) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._set([key, value])

    def setitems(self, _: None) -> None:
        self._set(self._to_mark())

    def _set(self, items: Sequence[Any]) -> None:
        target = self._target(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Nested tuples as keys could be made to take for ever to look up.
            if not isinstance(key, str | int):
                raise UnreadableError("a key is neither text nor a number")
            target[key] = value

    def memoize(self, _: None) -> None:
        self._memo[len(self._memo)] = self.stack[-1]

    def put(self, arg: int) -> None:
        self._memo[arg] = self.stack[-1]

    def get(self, arg: int) -> None:
        self.stack.append(self._memo[arg])

    def nothing(self, _: Any) -> None:
        pass

    def name_in_text(self, arg: str) -> None:
        module, _, name = arg.partition(" ")
        self._named(module, name)

    def name_on_stack(self, _: None) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self._named(module, name)

    def _named(self, module: Any, name: Any) -> None:
        key = (module, name)
        known = isinstance(module, str) and isinstance(name, str) and key in _KNOWN
        if not known:
            shown = f"{module}.{name}"[:60]
            raise UnreadableError(f"it asks for {shown!r}, which is no plain data")
        self.stack.append(_Name(_KNOWN[key]))

    def call(self, _: None) -> None:
        args, name = self.stack.pop(), self.stack.pop()
        if not isinstance(name, _Name) or not isinstance(args, tuple):
            raise UnreadableError("it calls what is no name")
        self.stack.append(_Made(name.means, args))

    def build(self, _: None) -> None:
        state = self.stack.pop()
        made = self._target(_Made)
        if made.state is not None:
            raise UnreadableError("it is damaged (an array is filled twice)")
        made.state = state


_VALUES = frozenset({
    "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT",
    "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
})  # fmt: skip
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False,
    "EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple,
}  # fmt: skip
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_FOLLOWED: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine.mark, "TUPLE": _Machine.in_tuple, "APPEND": _Machine.append,
    "APPENDS": _Machine.appends, "SETITEM": _Machine.setitem, "SETITEMS": _Machine.setitems,
    "MEMOIZE": _Machine.memoize, "BINPUT": _Machine.put, "LONG_BINPUT": _Machine.put,
    "BINGET": _Machine.get, "LONG_BINGET": _Machine.get, "GLOBAL": _Machine.name_in_text,
    "STACK_GLOBAL": _Machine.name_on_stack, "REDUCE": _Machine.call, "BUILD": _Machine.build,
    "PROTO": _Machine.nothing, "FRAME": _Machine.nothing, "STOP": _Machine.nothing,
}  # fmt: skip


class _Finished:
    """Turns what the machine built into data, each container once however often it is held."""

    def __init__(self) -> None:
        self._done: dict[int, Any] = {}
        self._begun: set[int] = set()

    def of(self, value: Any, depth: int = 0) -> Any:
        if not isinstance(value, dict | list | tuple | _Made):
            return value
        key = id(value)
        if key in self._done:
            return self._done[key]
        if depth > MOST_DEPTH or key in self._begun:
            raise UnreadableError(f"it is nested more than {MOST_DEPTH} deep")
        self._begun.add(key)
        self._done[key] = self._made(value, depth + 1)
        return self._done[key]

    def _made(self, value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            return {name: self.of(item, depth) for name, item in value.items()}
        if isinstance(value, list):
            return [self.of(item, depth) for item in value]
        if isinstance(value, _Name):
            raise UnreadableError("a name stands where data should")
        if isinstance(value, tuple):
            return tuple(self.of(item, depth) for item in value)
        if value.means == _RECONSTRUCT:
            _, shape, dtype, fortran, content = value.state
            if isinstance(content, list):
                content = self.of(content, depth)
            return StoredArray(_shape(shape), _dtype(dtype), bool(fortran), content)
        if value.means == _SCALAR:
            return _scalar(*value.args)
        if value.means == _PATH:
            return PurePosixPath(*map(str, value.args)).as_posix()
        raise UnreadableError("a type stands where data should")


def _shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise UnreadableError("an array has no shape")
    return shape


def _dtype(made: Any) -> str:
    """Byte order, kind and size of ``dtype('u2')`` with the state that numpy gives it."""
    if not isinstance(made, _Made) or made.means != _DTYPE:
        raise UnreadableError("an array has no type")
    kind, order = made.args[0], made.state[1]
    if not isinstance(kind, str) or re.fullmatch(r"[a-zA-Z]\d{0,4}", kind) is None:
        raise UnreadableError("an array is of no type that is known")
    if order not in ("<", ">", "|", "="):
        raise UnreadableError("an array has no byte order")
    return f"{order}{kind}"


def _scalar(dtype: Any, content: Any) -> Any:
    """A single number or text of numpy's, as Python's own."""
    kind = _dtype(dtype)
    if not isinstance(content, bytes):
        raise UnreadableError("a number is damaged")
    if kind[1] == "U":
        return content.decode("utf-32-be" if kind[0] == ">" else "utf-32-le").rstrip("\0")
    return StoredArray((), kind, False, content).values().item()
