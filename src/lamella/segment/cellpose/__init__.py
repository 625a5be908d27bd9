"""Cellpose as a segmenter."""

from lamella.segment.cellpose.step import Cellpose as Cellpose
