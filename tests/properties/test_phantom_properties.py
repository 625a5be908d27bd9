from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lamella.phantom import Camera, CellPhantom


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    contrast=st.floats(0.5, 5),
    fraction=st.floats(0, 0.35),
    polarisation=st.floats(0, 1),
    n_protrusions=st.integers(0, 6),
    look=st.sampled_from(["fluorescence", "phase"]),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
)
def test_any_cell_is_whole_inside_and_finite(
    seed: int,
    contrast: float,
    fraction: float,
    polarisation: float,
    n_protrusions: int,
    look: str,
    dtype: str,
) -> None:
    phantom = CellPhantom(
        field_px=(200, 170),
        n_frames=6,
        seed=seed,
        lam_contrast=contrast,
        lam_fraction=fraction,
        polarisation=polarisation,
        n_protrusions=n_protrusions,
        look=look,
        photoelectrons=50,
        camera=Camera(dtype=dtype),
        speed_um_per_min=3.0,
    ).make()
    frame, truth = phantom.movie.frame(5), phantom.truth.frame(5)
    assert frame.shape == truth.shape == (200, 170)
    assert frame.dtype == dtype
    assert np.all(np.isfinite(frame))
    assert np.all(phantom.clean.frame(5) >= 0)
    assert abs(int(truth.sum()) - phantom.settings.area_px) < 0.02 * phantom.settings.area_px
    assert not truth[[0, -1]].any()
    assert not truth[:, [0, -1]].any()


@settings(max_examples=30, deadline=None)
@given(
    electrons=st.floats(0, 2000),
    gain=st.floats(0.1, 10),
    offset=st.floats(0, 500),
    depth=st.integers(1, 16),
)
def test_grey_levels_stay_within_the_depth(
    electrons: float, gain: float, offset: float, depth: int
) -> None:
    camera = Camera(gain=gain, offset=offset, bit_depth=depth)
    grey = camera.expose(np.full((9, 9), electrons, np.float32), np.random.default_rng(0))
    assert grey.max() <= 2**depth - 1
