"""Whether windows can be opened on this machine."""

from ctypes.util import find_library
from importlib.util import find_spec

_NEEDED = (
    "EGL", "GL", "xcb-cursor", "xcb-icccm", "xcb-image", "xcb-keysyms", "xcb-render-util",
    "xcb-shape", "xcb-xinerama", "xkbcommon-x11",
)  # fmt: skip

MISSING_LIBRARIES = [name for name in _NEEDED if find_library(name) is None]
"""System libraries without which Qt ends the process instead of raising an error."""

QT_PLUGINS = ["pytestqt.plugin"] if find_spec("pytestqt") and not MISSING_LIBRARIES else []
"""Plugins of pytest for tests of windows: they cannot even be loaded without the libraries."""
