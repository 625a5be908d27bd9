"""Reads inputs one after the other, each within a gigabyte; ``python -m fuzz.child``.

A line of JSON on stdin names a reader and the path of an input, and whether it is only to warm up;
one on stdout says what came of it.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import resource
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

GIB = 2**30
_WARM_BYTES = 8 * GIB
_OWN = re.compile(r"/(lamella|fuzz)/")


def main() -> None:
    """Serve until stdin ends."""
    # Whatever a reader or a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    from fuzz.readers import reader_called

    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        answer = attempt(
            reader_called(asked["reader"]),
            Path(asked["path"]),
            more_bytes=_WARM_BYTES if asked["warm"] else GIB,
        )
        print(json.dumps(answer), file=answers, flush=True)


def attempt(reader: Any, path: Path, *, more_bytes: int) -> dict[str, Any]:
    """Read one input: its `outcome` (read, refused, error, memory), a `signature`, seconds
    of the processor.

    The limit lies so many bytes above what the process has now, on address space: an allocation of
    more fails at once, whether or not it would have been filled.
    """
    gc.collect(0)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (_vm_bytes() + more_bytes, hard))
    began = time.process_time()
    try:
        outcome, signature = _outcome(reader, path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    return {"outcome": outcome, "signature": signature, "seconds": time.process_time() - began}


def _outcome(reader: Any, path: Path) -> tuple[str, str]:
    from lamella.core.errors import UnexpectedError

    try:
        reader.read(path)
    except UnexpectedError as error:
        return "error", _where(error)
    except reader.refusals as error:
        # A refusal because the memory ran out is none: elsewhere it would have been taken.
        if any(isinstance(each, MemoryError) for each in _causes(error)):
            return "memory", _where(error)
        return "refused", re.sub(r"\d+|'[^']*'|\"[^\"]*\"", "#", str(error)[-300:])
    except MemoryError as error:
        return "memory", _where(error)
    except RecursionError as error:
        return "error", f"RecursionError {_where(error).rpartition(' ')[2]}"
    except Exception as error:
        return "error", _where(error)
    return "read", ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _where(error: BaseException) -> str:
    """The kind of an error and the last line of ours that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _OWN.search(frame.filename)] or frames
    last = ours[-1]
    said = "" if isinstance(error, MemoryError) else re.sub(r"\d+", "#", str(error))[:120]
    return f"{type(error).__name__} ({said}) {Path(last.filename).name}:{last.lineno}"


def _vm_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
