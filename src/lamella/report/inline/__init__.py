"""Drawings inside of the page: places and texts, which the templates make SVG of."""
