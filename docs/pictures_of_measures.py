"""Pictures of measures and of what they depend on: plots, front and back, other settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import viewer_studies as studies
from viewer_window import open_at, settle, until

_CELL = {"movie": "WT__high__1", "cell": 1, "frame": 17}
_LAMELLIPODIUM = "measure.lamellipodium"


def time_plots(out: Path) -> None:
    """The five usual plots beside the movie, the cursor amid it."""
    with open_at(out, studies.demo_run(), "Plots", **_CELL) as opened:
        opened.zoom(1.6, cell=1)
        opened.shoot("time-plots")


def front_back(out: Path) -> None:
    """Front and back by polarity, drawn and in numbers."""
    with open_at(out, studies.demo_run(), "Front and back", **_CELL) as opened:
        opened.panel.shown["polarity"].setChecked(True)
        opened.zoom(1.6, cell=1)
        opened.shoot("front-back")


def settings(out: Path) -> None:
    """Another percentile on the frame that is shown, then the lines that would change."""
    with open_at(out, studies.demo_run(), "Settings", **_CELL) as opened:
        panel = opened.panel
        panel.tabs.setCurrentIndex(list(panel.forms).index(_LAMELLIPODIUM))
        panel.forms[_LAMELLIPODIUM].fields["percentile"].setValue(70)
        until(lambda: "trial" in opened.viewer.layers and not panel.trialist.busy, most_s=120)
        opened.zoom(1.6, cell=1)
        opened.shoot("settings-panel")
        panel.ask()
        settle(0.5)
        opened.shoot("settings-diff")
        panel.dialog.reject()


PICTURES: dict[str, Callable[[Path], None]] = {
    "time-plots": time_plots, "front-back": front_back, "settings-panel": settings,
}  # fmt: skip
