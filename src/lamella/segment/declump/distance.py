"""Cut clumps at their necks: watershed of the distance from the outline."""

from __future__ import annotations

from typing import ClassVar, Literal

from lamella.segment.declump.landscape import _ByLandscape


class ByDistance(_ByLandscape):
    """Cut clumps where they are narrow, from their outline alone.

    The distance of every pixel from the outline of its object makes hills, one per convex part;
    a watershed cuts between them. It needs no image, and cannot tell apart cells that are pressed
    together without a notch between them.

    References
    ----------
    Beucher, Lantuéjoul, Int. Workshop on Image Processing, Rennes (1979).
    """

    version: ClassVar[int] = 1
    method: Literal["distance"] = "distance"
