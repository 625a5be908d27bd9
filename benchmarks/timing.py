"""Paired timings: everything that is compared runs in turns, so that a busy machine hits all."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

REPEATS = 7


def paired(
    jobs: Mapping[str, Callable[[], object]], *, repeats: int = REPEATS, calls: int = 1
) -> dict[str, np.ndarray]:
    """Seconds of every job, (repeats,), after one call that is not counted.

    Parameters
    ----------
    calls : int
        Calls a repeat, for jobs too short to be timed one by one; seconds are those of one call.
    """
    for job in jobs.values():
        job()
    seconds = {name: np.empty(repeats) for name in jobs}
    for i in range(repeats):
        for name, job in jobs.items():
            started = time.perf_counter()
            for _ in range(calls):
                job()
            seconds[name][i] = (time.perf_counter() - started) / calls
    return seconds


def ratio(a: np.ndarray, b: np.ndarray) -> float:
    """Median over the pairs of a ÷ b."""
    return float(np.median(a / b))


def told(seconds: np.ndarray | float) -> str:
    """The median in a unit that suits it."""
    median = float(np.median(seconds))
    if median >= 1:
        return f"{median:.2f} s"
    return f"{1e3 * median:.1f} ms" if median >= 1e-3 else f"{1e6 * median:.0f} µs"


def machine() -> str:
    """Cores, processor, Python, numpy and load: what a reader needs to judge the figures."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    return (
        f"{cores} cores, {_processor()}, Python {platform.python_version()}, "
        f"numpy {np.__version__}{load}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line for line in lines if line.startswith("model name")).partition(": ")[2]
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
