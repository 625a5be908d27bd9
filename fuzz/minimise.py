"""A failing input made as small as it can be, that still fails at the same place."""

from __future__ import annotations

import time
from collections.abc import Callable

from fuzz.case import Case


def minimised(case: Case, fails: Callable[[Case], bool], *, seconds: float) -> Case:
    """Files left out, then pieces of files, halving the pieces; stops when the time is up."""
    until = time.monotonic() + seconds
    for name in sorted(case.files, key=lambda n: -len(case.files[n])):
        if time.monotonic() < until and name != case.entry and fails(case.without_file(name)):
            case = case.without_file(name)
    for name in sorted(case.files, key=lambda n: -len(case.files[n])):
        piece = max(len(case.files[name]) // 2, 1)
        while piece and time.monotonic() < until:
            at = 0
            while at < len(case.files[name]) and time.monotonic() < until:
                data = case.files[name]
                shorter = case.with_file(name, data[:at] + data[at + piece :])
                if fails(shorter):
                    case = shorter
                else:
                    at += piece
            piece //= 2
    return case
