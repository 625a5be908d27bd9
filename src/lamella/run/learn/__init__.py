"""Corrections by hand become a network that makes fewer of these errors, or is sent away again."""

from lamella.run.learn.decide import accept, forget, reject, uses
from lamella.run.learn.lesson import (
    CorrectedMovie,
    Effort,
    Lesson,
    NetworkName,
    lesson_of,
    network_for,
)
from lamella.run.learn.places import models_folder, proposals_of
from lamella.run.learn.proposal import HeldOutFrame, Proposal
from lamella.run.learn.told import Told
from lamella.run.learn.training import Training
from lamella.run.learn.verdict import verdict

__all__ = [
    "CorrectedMovie",
    "Effort",
    "HeldOutFrame",
    "Lesson",
    "NetworkName",
    "Proposal",
    "Told",
    "Training",
    "accept",
    "forget",
    "lesson_of",
    "models_folder",
    "network_for",
    "proposals_of",
    "reject",
    "uses",
    "verdict",
]
