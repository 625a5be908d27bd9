"""Cells grown from their nuclei: thresholds, borders and the growing each in a file of its own."""

from lamella.segment.guided.guided import Guided as Guided
