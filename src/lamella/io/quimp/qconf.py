"""QuimP since 2016: one JSON for everything, ``{className, obj: {BOAState, …, Stats}}``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from lamella.core.errors import InputError
from lamella.io.quimp.analysis import Analysis, checked_nodes

_AGAIN = "save it again in QuimP"


def read_qconf(path: Path) -> Analysis:
    """Read the outlines that the segmentation (BOA) ended with, of all cells.

    Raises
    ------
    InputError
        What is not JSON, not of QuimP, or not segmented yet.
    """
    where = str(path)
    try:
        whole = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(where, f"it is not JSON ({error})", _AGAIN) from error
    if not isinstance(whole, dict) or whole.get("className") != "DataContainer":
        name = whole.get("className") if isinstance(whole, dict) else None
        raise InputError(
            where,
            f"its class is {str(name)[:40]!r}, not DataContainer",
            "give the .QCONF that QuimP writes",
        )
    try:
        return _analysis(whole, where)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        told = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(where, f"its segmentation cannot be read ({told})", _AGAIN) from error


def _analysis(whole: dict[str, Any], where: str) -> Analysis:
    content = whole["obj"]
    state = content.get("BOAState")
    if state is None:
        raise InputError(where, "it holds no segmentation", "segment the movie in QuimP's BOA")
    settings = state["boap"]
    found = Analysis(
        where,
        "round",
        pixel_size_um=_positive(settings.get("imageScale")),
        interval_s=_positive(settings.get("imageFrameInterval")),
        n_frames=int(settings["FRAMES"]),
    )
    height, width = _positive(settings.get("HEIGHT")), _positive(settings.get("WIDTH"))
    if height is not None and width is not None:
        found.frame_shape = (int(height), int(width))
    handlers = [handler for handler in state["nest"]["sHs"] if handler is not None]
    for cell, handler in enumerate(handlers, start=1):
        first, last = int(handler["startFrame"]), int(handler["endFrame"])
        for frame, snake in enumerate(handler["finalSnakes"], start=first):
            if snake is None or frame > last:
                continue
            if frame < 1:
                raise ValueError(f"an outline of frame {frame}")
            # The list of elements goes around from the head, which stands apart.
            elements = [each for each in snake["Elements"] if not each.get("head")]
            nodes = [
                (node["point"]["x"], node["point"]["y"]) for node in [snake["head"], *elements]
            ]
            key = (cell, frame - 1)
            found.outlines[key] = checked_nodes(nodes, source=where, frame=frame)
            found.n_frames = max(found.n_frames, frame)
    for cell, handler in enumerate((content.get("Stats") or {}).get("sHs") or [], start=1):
        for row in (handler or {}).get("framestat") or []:
            if row is not None:
                found.areas_um2[cell, int(row["frame"]) - 1] = float(row["area"])
    return found


def _positive(value: Any) -> float | None:
    number = float(value) if isinstance(value, int | float) else math.nan
    return number if math.isfinite(number) and number > 0 else None
