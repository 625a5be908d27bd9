"""Pieces of tracks joined to cells: through touches, at divisions, over gaps, by merging."""

from __future__ import annotations

from lamella.track.chains import Joined, Limits
from lamella.track.division import divide
from lamella.track.gaps import bridge, possible_gaps
from lamella.track.linking import Pieces, Weights
from lamella.track.movement import Movement
from lamella.track.objects import Objects
from lamella.track.touching import merge, mergings, part_touching


def join(
    objects: Objects, pieces: Pieces, movement: Movement, weights: Weights, limits: Limits
) -> Joined:
    """Join pieces. Touches come first, since their end would pass for a division."""
    joined = Joined(pieces.after.copy(), pieces.before.copy())
    merged = mergings(objects, joined)
    part_touching(objects, joined, merged, movement, weights)
    gaps = possible_gaps(objects, joined, pieces.velocity, movement, weights, limits)
    if limits.divisions:
        divide(objects, joined, movement, limits, merged=merged, gaps=gaps)
    bridge(objects, joined, gaps)
    if limits.merges:
        merge(joined, merged)
    return joined
