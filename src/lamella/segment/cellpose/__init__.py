"""Cellpose as a segmenter."""
