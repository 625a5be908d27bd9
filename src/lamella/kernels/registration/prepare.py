"""A frame made ready for comparison: the band of structure that stands still."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from lamella.kernels.morphology import disc

Plane = NDArray[Any]  # float32

# Band of structure that is compared, in pixels of the reduced image (SD of the two Gaussians):
# finer is noise, coarser is uneven light, which belongs to the camera.
_FINE_PX, _COARSE_PX = 1.2, 7.0
_RIM_PX = 4  # beyond it, the band holds what was made up outside the frame
_COMPRESS_FROM = 4.0  # SDs of the field above which contrast counts less and less
_REPAIR_FROM = 6.0  # SDs by which a broken pixel stands out from its neighbours
PIXELS_PER_VALUE = 4 * np.pi * _FINE_PX**2  # neighbours share their noise: independent values

# Objects, cells as a rule: how far their gradients stand out from quiet parts of the field (energy
# over its 20th percentile), the gap that is closed, the radius that makes an object, and the share
# of the field from which on they are the field.
_OBJECT_FROM, _JOIN_PX, _OBJECT_PX, _MOST_OBJECTS = 8.0, 4, 8, 0.75


@dataclass(frozen=True)
class Prepared:
    """A frame made ready for comparison: reduced, broken pixels mended, light evened out.

    Attributes
    ----------
    image : (y, x) float32 array or None
        In SDs of the field, contrast compressed; None for a frame of one grey value.
    factor : int
        Pixels of the frame per pixel of the image.
    still : (y, x) float32 array
        0 at the rim and where something large stands out, cells as a rule; 1 elsewhere.
    source : (y, x) float32 array or None
        What the image was made from, where something was left out.
    """

    image: Plane | None
    factor: int
    still: Plane
    source: Plane | None = None

    @cached_property
    def whole(self) -> Prepared:
        """The same frame with nothing left out."""
        if self.image is None or self.source is None:
            return self
        return _banded(self.source, self.factor, objects=None)

    @cached_property
    def gradients(self) -> tuple[Plane, Plane]:
        """∂/∂y and ∂/∂x."""
        assert self.image is not None  # noqa: S101  asked only of frames with structure
        return gradients_of(self.image)

    @cached_property
    def spectrum(self) -> NDArray[np.complex64]:
        """Fourier transform of the windowed image."""
        assert self.image is not None  # noqa: S101
        window = cv2.createHanningWindow(self.image.shape[::-1], cv2.CV_32F)
        out: NDArray[np.complex64] = scipy.fft.rfft2(self.image * window)
        return out


def prepared(frame: NDArray[Any], *, most_pixels: int) -> Prepared:
    """A frame made ready for :func:`align`; frames to be compared need the same `most_pixels`."""
    factor = max(1, int(np.ceil(np.sqrt(frame.size / most_pixels))))
    height, width = (max(side // factor, 1) for side in frame.shape)
    image: Plane = frame[: height * factor, : width * factor].astype(np.float32)
    if factor > 1:
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    if min(image.shape) <= 2 * _RIM_PX or not float(image.max()) > float(image.min()):
        return Prepared(None, factor, np.zeros(image.shape, np.float32))
    image = _mended(image)
    return _banded(image, factor, objects=_objects(cv2.GaussianBlur(image, (0, 0), _FINE_PX)))


def _banded(image: Plane, factor: int, *, objects: Plane | None) -> Prepared:
    """The band of structure that is compared, in SDs of the field; objects (1) are left out."""
    still = np.zeros(image.shape, np.float32)
    still[_RIM_PX:-_RIM_PX, _RIM_PX:-_RIM_PX] = 1
    if objects is None:
        fine = cv2.GaussianBlur(image, (0, 0), _FINE_PX)
        coarse = cv2.GaussianBlur(image, (0, 0), _COARSE_PX)
    else:
        # From still pixels only: a bright cell would reach far into its surroundings.
        around = 1 - objects
        still *= around
        fine = _blurred_within(image, around, _FINE_PX)
        coarse = _blurred_within(image, around, _COARSE_PX)
    band: Plane = fine - coarse
    sd = _robust_sd(band[still > 0])
    if not sd > 1e-5 * float(np.abs(image).max()):
        return Prepared(None, factor, still)
    compressed = _COMPRESS_FROM * np.arcsinh(band / np.float32(sd * _COMPRESS_FROM))
    return Prepared(compressed, factor, still, None if objects is None else image)


def _blurred_within(image: Plane, mask: Plane, sigma_px: float) -> Plane:
    """The image blurred within a mask of 0 and 1; 0 outside it."""
    inside = cv2.GaussianBlur(image * mask, (0, 0), sigma_px)
    share = cv2.GaussianBlur(mask, (0, 0), sigma_px)
    out: Plane = mask * inside / np.maximum(share, np.float32(1e-6))
    return out


def _objects(image: Plane) -> Plane | None:
    """1 where something stands out that is larger than a grain, else 0; None where nothing does.

    Edges and texture are joined to patches and filled; small patches are grains, and patches over
    most of the field are the field.
    """
    dy, dx = gradients_of(image)
    energy = cv2.GaussianBlur(dy * dy + dx * dx, (0, 0), 2.0)
    quiet = float(np.percentile(energy.ravel()[::7], 20))  # cells may cover more than half
    found = (energy > _OBJECT_FROM * quiet).astype(np.uint8)
    joined = cv2.morphologyEx(found, cv2.MORPH_CLOSE, disc(_JOIN_PX))
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(joined, outlines, -1, 1, cv2.FILLED)
    objects = cv2.morphologyEx(filled, cv2.MORPH_OPEN, disc(_OBJECT_PX))
    share = float(objects.mean())
    if not 0 < share < _MOST_OBJECTS:
        return None
    return cv2.dilate(objects, disc(_JOIN_PX)).astype(np.float32)


def _mended(image: Plane) -> Plane:
    """Hot pixels and dead columns, one pixel wide, take the median of their neighbours.

    They belong to the camera, so would say that nothing moves. Light, which the optics blur, never
    stands out from its neighbours as they do.
    """
    median = cv2.medianBlur(image, 3)
    excess = np.abs(image - median)
    sd = _robust_sd(excess)
    if not sd > 0:
        return image
    around = np.abs(image - cv2.blur(median, (9, 9)))
    broken = (excess > _REPAIR_FROM * sd) & (excess > 0.6 * around)
    return np.where(broken, median, image)


def _robust_sd(values: Plane) -> float:
    """From the median deviation from 0, of every seventh pixel; the plain SD where that is 0."""
    some = np.abs(values.ravel()[::7])
    return float(1.4826 * np.median(some)) or float(np.sqrt(np.mean(some * some)))


def gradients_of(image: Plane) -> tuple[Plane, Plane]:
    """∂/∂y and ∂/∂x, by central differences."""
    return (
        cv2.Sobel(image, cv2.CV_32F, 0, 1, ksize=1, scale=0.5),
        cv2.Sobel(image, cv2.CV_32F, 1, 0, ksize=1, scale=0.5),
    )
