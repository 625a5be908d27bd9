"""How one frame of a field lies over another: the stage's movement, not the cells'.

Two frames are compared tile by tile. Every tile tells by least squares how far it would have to be
moved (Lucas and Kanade), and how surely; the movement on which tiles all over the field agree is
the stage's. A tile that another movement fits significantly better holds a cell and is left out,
and no tile counts much more than the others, since a cell is often all the contrast there is.
"""

from lamella.kernels.registration.alignment import (
    Alignment,
    Shift,
    Start,
    align,
    shift_between,
)
from lamella.kernels.registration.fit import Model
from lamella.kernels.registration.matrices import composed, nearest_rotation
from lamella.kernels.registration.prepare import Prepared, prepared

__all__ = [
    "Alignment",
    "Model",
    "Prepared",
    "Shift",
    "Start",
    "align",
    "composed",
    "nearest_rotation",
    "prepared",
    "shift_between",
]
