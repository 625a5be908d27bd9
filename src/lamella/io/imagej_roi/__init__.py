"""ImageJ's regions of interest: a ``.roi`` file, or the ``RoiSet.zip`` of the ROI Manager."""

from lamella.io.imagej_roi.corrected import read_corrected_rois
from lamella.io.imagej_roi.read import is_imagej_roi, read_imagej_roi
from lamella.io.imagej_roi.write import write_imagej_roi

__all__ = ["is_imagej_roi", "read_corrected_rois", "read_imagej_roi", "write_imagej_roi"]
