"""QuimP's outlines: the old ``.paQP`` with ``.snQP`` and ``.stQP.csv``, and the new ``.QCONF``."""

from lamella.io.quimp.areas import quimp_areas
from lamella.io.quimp.read import read_quimp

__all__ = ["quimp_areas", "read_quimp"]
