"""Recurrent networks for phase-contrast video, trained from labels of some frames of some movies.

Nothing here imports torch before a training begins.
"""

from lamella.train.recurrent.checkpoint import Checkpoint
from lamella.train.recurrent.fit import Fit, Learnt
from lamella.train.recurrent.library import Library
from lamella.train.recurrent.patches import Patch, Patches
from lamella.train.recurrent.taught import TaughtMovie

__all__ = ["Checkpoint", "Fit", "Learnt", "Library", "Patch", "Patches", "TaughtMovie"]
