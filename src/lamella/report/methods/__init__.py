"""The methods section of a paper, from the settings, the versions and the tables of a run."""

from lamella.report.methods.write import Methods, methods_of

__all__ = ["Methods", "methods_of"]
