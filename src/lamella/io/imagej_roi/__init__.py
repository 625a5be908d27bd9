"""ImageJ's regions of interest: a ``.roi`` file, or the ``RoiSet.zip`` of the ROI Manager."""

from lamella.io.imagej_roi.read import read_imagej_roi
from lamella.io.imagej_roi.write import write_imagej_roi

__all__ = ["read_imagej_roi", "write_imagej_roi"]
