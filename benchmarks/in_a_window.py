"""Python with a window, in a process of its own, on the screen there is or one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any


def measured(code: str, *args: object, most_s: float) -> Any:
    """What a program prints last, as JSON; its napari has settings that nobody else has.

    Parameters
    ----------
    code : str
        The program.
    args
        Its arguments, from ``sys.argv[1]`` on.
    most_s : float
        Longer it may not take.
    """
    command = [sys.executable, "-c", code, *map(str, args)]
    if not os.environ.get("DISPLAY"):
        command = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", *command]
    with tempfile.TemporaryDirectory() as settings:
        env = os.environ | {"NAPARI_CONFIG": f"{settings}/napari.yaml"}
        done = subprocess.run(
            command, env=env, capture_output=True, text=True, check=True, timeout=most_s
        )
    return json.loads(done.stdout.splitlines()[-1])
