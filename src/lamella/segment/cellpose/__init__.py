"""Cellpose as a segmenter: the step, its blocks, the diameter, and one cell followed by crops."""

from lamella.segment.cellpose.step import Cellpose as Cellpose
