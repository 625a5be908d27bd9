"""The versions that numbers depend on, as a run and its report record them."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from lamella import __version__

_PACKAGES = (
    "numpy", "scipy", "pandas", "scikit-image", "opencv-python-headless", "numba", "tifffile",
    "statsmodels",
)  # fmt: skip
_OF_EXTRAS = ("torch", "cellpose")


def versions() -> dict[str, str]:
    """Ours, Python's, and those of the packages that compute, extras only where installed."""
    return {
        "lamella": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in _PACKAGES},
        **{name: found for name in _OF_EXTRAS if (found := _version_or_none(name))},
    }


def _version_or_none(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
