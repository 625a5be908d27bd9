"""Small worlds: arrays so simple that the right answer is known by heart.

Coordinates are (y, x) at pixel centres. A pixel belongs to a drawn thing when its centre lies
inside or on it. Masks are boolean, labels uint16, movies (T, Y, X).
"""

from worlds.clumps import c_shape as c_shape
from worlds.clumps import cell_with_protrusion as cell_with_protrusion
from worlds.clumps import colony as colony
from worlds.clumps import dumbbell as dumbbell
from worlds.clumps import two_touching_discs as two_touching_discs
from worlds.intensities import flat_cell as flat_cell
from worlds.intensities import split_cell as split_cell
from worlds.lineages import renumbered as renumbered
from worlds.lineages import tracked_worlds as tracked_worlds
from worlds.links import WANDERERS_FIELD as WANDERERS_FIELD
from worlds.links import wanderers as wanderers
from worlds.lives import clumping_discs as clumping_discs
from worlds.lives import dividing_cell as dividing_cell
from worlds.lives import entering_disc as entering_disc
from worlds.lives import exchanged as exchanged
from worlds.lives import gap_movie as gap_movie
from worlds.lives import leave_together as leave_together
from worlds.lives import leaving_disc as leaving_disc
from worlds.lives import swallowed_by_two as swallowed_by_two
from worlds.lives import touch_and_part as touch_and_part
from worlds.lives import two_cells_crossing as two_cells_crossing
from worlds.motions import expanding_disc as expanding_disc
from worlds.motions import rotating_ellipse as rotating_ellipse
from worlds.motions import translating_disc as translating_disc
from worlds.nucleated import NucleatedField as NucleatedField
from worlds.nucleated import nucleated_field as nucleated_field
from worlds.shapes import disc as disc
from worlds.shapes import ellipse as ellipse
from worlds.shapes import line as line
from worlds.shapes import middle as middle
from worlds.shapes import one_pixel as one_pixel
from worlds.shapes import ring as ring
from worlds.stars import roughened as roughened
from worlds.stars import star as star
from worlds.walks import moved as moved
from worlds.walks import random_walks as random_walks
from worlds.walks import sighted as sighted
