"""A run in chunks that is killed at any moment goes on with the chunks it has."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from faults.starter import Starter, left_over
from faults.studies import BARE, contents, make_study

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc"),
]

OTSU = '[objects.cell.segment]\nmethod = "multiotsu"\n'


def results(out: Path) -> dict[str, bytes]:
    return {
        name: data
        for name, data in contents(out).items()
        if name.startswith(("movies/", "tables/"))
    }


def test_killed_and_resumed_in_chunks(tmp_path):
    study, whole, killed = (
        make_study(tmp_path / "s", settings=BARE + OTSU),
        *(tmp_path / name for name in ("whole", "killed")),
    )
    run = ("run", study, "--workers", 2, "--chunk-frames", 2, "--out", killed)
    rng, n_killed, had_parts = random.Random(3), 0, False
    with Starter() as starter:
        for _ in range(2):  # the second time all is compiled
            began = time.monotonic()
            starter.start("run", study, "--out", whole, "--workers", 2, "--fresh")
            assert starter.ended() == 0
            lasts = time.monotonic() - began
        for _ in range(12):
            process = starter.start(*run)
            time.sleep(rng.uniform(0.2, 0.8) * lasts)
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            n_killed += starter.ended() == -signal.SIGKILL
            deadline = time.monotonic() + 60
            while left_over(process):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            had_parts |= any(killed.glob("movies/*/.parts"))
        starter.start(*run)
        assert starter.ended() == 0
    assert n_killed
    assert had_parts
    assert results(killed) == results(whole)
    assert not [path for path in killed.rglob(".*") if path.name.endswith((".part", ".parts"))]
