"""The published geodesic transform, as it is written out for the benchmarks, gives our numbers."""

import importlib.util

import numpy as np
import pytest

from lamella.kernels.ways import distances_within
from worlds import c_shape, disc, ring


@pytest.fixture(scope="module")
def published(pytestconfig):
    file = pytestconfig.rootpath / "benchmarks" / "published_protrusion.py"
    spec = importlib.util.spec_from_file_location("published_protrusion", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("inside", "source"),
    [
        (disc(12, (14, 20), (30, 44)), (14, 20)),
        (ring(5, 12, (15, 15), (31, 31)), (15, 6)),
        (c_shape(6, 12, (32, 32)), (16, 6)),
        (disc(5, (6, 6), (16, 30)) | disc(5, (8, 22), (16, 30)), (6, 6)),
    ],
)
def test_the_same_numbers(published, inside, source):
    theirs = published.geodesic_transform(inside, source)
    ours = distances_within(inside, source)[0]
    assert (np.isfinite(theirs) == np.isfinite(ours)).all()
    reached = np.isfinite(ours)
    assert abs(theirs[reached] - ours[reached]).max() <= 1e-9
