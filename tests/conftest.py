"""What all tests share."""

import os
import sys

import pytest

from windows import QT_PLUGINS

pytest_plugins = QT_PLUGINS

if "PYTEST_XDIST_WORKER" in os.environ:  # of as many workers as there are cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# napari colours labels by numba, which would tell OpenMP how many threads it has, and so PyTorch:
# a training gives the same weights only with as many.
os.environ.setdefault("NUMBA_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
if "numba" in sys.modules:  # a plugin of pytest was here first: it refuses another number later on
    sys.modules["numba"].config.reload_config()


@pytest.fixture(scope="session")
def small_cellpose(tmp_path_factory, worker_id):
    """Weights of a small Cellpose model; one training for all workers of a run."""
    from worlds.small_cellpose import small_model

    base = tmp_path_factory.getbasetemp()
    return small_model(base if worker_id == "master" else base.parent)


@pytest.fixture(scope="session")
def small_recurrent(tmp_path_factory, worker_id):
    """The file of a small recurrent network; made once for all workers of a run."""
    from worlds.small_recurrent import small_recurrent_model

    base = tmp_path_factory.getbasetemp()
    return small_recurrent_model(base if worker_id == "master" else base.parent)
