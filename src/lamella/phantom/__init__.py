"""Synthetic movies whose truth is known: to check a method, to plan a study, to test Lamella.

>>> phantom = CellPhantom(n_frames=10, photoelectrons=50, seed=3).make()
>>> phantom.movie.n_frames
10
"""

from lamella.phantom.camera import Camera as Camera
from lamella.phantom.cell import CellPhantom as CellPhantom
from lamella.phantom.colony import ColonyPhantom as ColonyPhantom
from lamella.phantom.movie import Phantom as Phantom
from lamella.phantom.plate import PlateField as PlateField
from lamella.phantom.plate import PlatePhantom as PlatePhantom
from lamella.phantom.plate import plate_truth as plate_truth
from lamella.phantom.settings import PhantomSettings as PhantomSettings
from lamella.phantom.study import Genotype as Genotype
from lamella.phantom.study import Session as Session
from lamella.phantom.study import StudyMovie as StudyMovie
from lamella.phantom.study import StudyPhantom as StudyPhantom
from lamella.phantom.walk import expected_msd as expected_msd
from lamella.phantom.walk import persistent_walk as persistent_walk
