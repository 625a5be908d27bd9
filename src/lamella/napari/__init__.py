"""Lamella in napari: look at a study, correct it, teach from what was corrected.

A thin door: what is shown and what an edit does is computed in `lamella.run`, so that scripts and
tests do the same without a window. Nothing here is imported unless napari asks for it.
"""
