"""Whether a window can be opened here: asked before Qt is, which would end the process."""

from __future__ import annotations

import ctypes
import os
import sys
from ctypes.util import find_library
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from packaging.version import Version

from lamella.core.errors import InputError, NotInstalledError

OLDEST_NAPARI = "0.6"
"""As the extra ``napari`` asks for."""

_INSTALL = 'pip install "lamella[napari]"'
_BINDINGS = ("PySide6", "PyQt6", "PyQt5", "PySide2")
_NEEDED = ("GL", "xcb-cursor", "xcb-icccm", "xcb-image", "xcb-keysyms", "xcb-render-util",
           "xcb-shape", "xcb-xinerama", "xkbcommon-x11")  # fmt: skip


def refuse_no_napari() -> None:
    """Raise the NotInstalledError where napari, or Qt, is missing or too old."""
    try:
        found = version("napari")
    except PackageNotFoundError:
        raise NotInstalledError("lamella view", "napari is not installed", _INSTALL) from None
    if find_spec("napari") is None:
        raise NotInstalledError("lamella view", "napari is not installed", _INSTALL)
    if Version(found) < Version(OLDEST_NAPARI):
        raise NotInstalledError(
            "lamella view",
            f"napari {found} is installed, and {OLDEST_NAPARI} or newer is needed",
            f"{_INSTALL} --upgrade",
        )
    if all(find_spec(name) is None for name in _BINDINGS):
        raise NotInstalledError("lamella view", "napari has no Qt to draw windows with", _INSTALL)


def refuse_no_screen() -> None:
    """Raise the InputError where there is no screen, or Qt could not draw on it.

    Looked at on Linux; other systems have a screen wherever a person is logged in.
    """
    if not sys.platform.startswith("linux"):
        return
    if os.environ.get("QT_QPA_PLATFORM", "xcb").split(";")[0].split(":")[0] not in ("xcb", ""):
        return  # somebody knows what they want
    if os.environ.get("WAYLAND_DISPLAY"):
        return
    if not os.environ.get("DISPLAY"):
        raise InputError(
            "lamella view",
            "there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)",
            "on a cluster, copy the run with its study to your own computer and view it there, or "
            "log in with X forwarding (ssh -X); films and figures need no screen: lamella film",
        )
    missing = [name for name in _NEEDED if find_library(name) is None]
    if missing:
        raise NotInstalledError(
            "lamella view",
            f"Qt needs system libraries that are missing: {', '.join(missing)}",
            "install them; on Debian and Ubuntu: apt install libgl1 libxcb-cursor0 libxcb-icccm4 "
            "libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 "
            "libxkbcommon-x11-0",
        )
    if not _answers():
        raise InputError(
            "lamella view",
            f"the screen {os.environ['DISPLAY']} does not answer",
            "log in again with X forwarding (ssh -X), or unset DISPLAY and set it to your screen",
        )


def _answers() -> bool:
    """Whether the X server that DISPLAY names can be reached; True where nobody can tell."""
    try:
        xcb = ctypes.CDLL(find_library("xcb") or "libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    bad = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not bad
