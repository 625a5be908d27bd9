"""Grey values as another microscope, another day or a drifting focus would have given them.

Every function takes windows of levelled frames, (N, Y, X) float32, and gives others of the same
shape; how much is drawn by the caller. Values may leave 0 … 1.
"""

from lamella.train.recurrent.augment.focus import blurred_frames
from lamella.train.recurrent.augment.halo import haloed
from lamella.train.recurrent.augment.light import relit
from lamella.train.recurrent.augment.noise import noisy

__all__ = ["blurred_frames", "haloed", "noisy", "relit"]
