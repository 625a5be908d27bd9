"""Self-supervised segmentation: what moves is cell, and what looks like it is cell too."""

from lamella.segment.motion.motion import Explanation as Explanation
from lamella.segment.motion.motion import Motion as Motion
