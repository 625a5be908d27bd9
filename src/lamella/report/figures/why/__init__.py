"""Why is this pixel cell? A frame, what was learnt from it and the way to its cells."""

from lamella.report.figures.why.figure import why as why
from lamella.report.figures.why.parts import LookPlanes as LookPlanes
from lamella.report.figures.why.parts import Pixel as Pixel
from lamella.report.figures.why.parts import Planes as Planes
