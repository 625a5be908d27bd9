"""Large frames in tiles that overlap by all that a pixel depends on."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple


class Tile(NamedTuple):
    """A rectangle that goes through the network, and the part of it that counts.

    Each is (first row, row after the last, first column, column after the last), of the frame.
    """

    seen: tuple[int, int, int, int]
    kept: tuple[int, int, int, int]

    @property
    def here(self) -> tuple[slice, slice]:
        """What goes through the network, as an index of the frame."""
        return _slices(self.seen)

    @property
    def there(self) -> tuple[slice, slice]:
        """What counts, as an index of the frame."""
        return _slices(self.kept)

    @property
    def inner(self) -> tuple[slice, slice]:
        """What counts, as an index of the tile."""
        (a, b, c, d), (top, _, left, _) = self.kept, self.seen
        return slice(a - top, b - top), slice(c - left, d - left)


def tiles_of(shape: tuple[int, int], *, side_px: int, margin_px: int, multiple: int) -> list[Tile]:
    """Tiles that together keep every pixel of a frame once.

    Origins and sides are multiples of what the network halves its images by, so that every pixel
    meets the same phase of its strides as in the whole frame.

    Parameters
    ----------
    shape : tuple of int
        (Y, X) of the frame, multiples of `multiple`.
    side_px : int
        Most rows and columns of a tile. Raised to three margins, so that a third of each is kept:
        smaller tiles would cost many times the whole frame.
    margin_px : int
        What is not kept along an edge behind which the frame goes on, a multiple of `multiple`.
    """
    side = max(side_px, 3 * margin_px, multiple)
    rows, columns = (_parts(n, side, margin_px, multiple) for n in shape)
    return [
        Tile((*row[0], *column[0]), (*row[1], *column[1])) for row, column in product(rows, columns)
    ]


def _parts(
    n: int, side: int, margin: int, multiple: int
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """(seen, kept) of the tiles along one axis."""
    if n <= side:
        return [((0, n), (0, n))]
    most = (side - 2 * margin) // multiple * multiple
    number = -(-n // most)
    kept = -(-n // (number * multiple)) * multiple  # as equal as may be
    return [
        ((max(start - margin, 0), min(start + kept + margin, n)), (start, min(start + kept, n)))
        for start in range(0, n, kept)
    ]


def _slices(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    return slice(*box[:2]), slice(*box[2:])
