"""The versions that numbers depend on, as a run and its report record them."""

from __future__ import annotations

import platform
from importlib.metadata import version

from lamella import __version__

_PACKAGES = (
    "numpy", "scipy", "pandas", "scikit-image", "opencv-python-headless", "numba", "tifffile",
    "statsmodels",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Ours, Python's, and those of the packages that compute."""
    return {
        "lamella": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
    }
