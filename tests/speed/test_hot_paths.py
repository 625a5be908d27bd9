"""No hot path has become twice as slow, by its ratio to a kernel that is not ours."""

import warnings

import pytest
from hot_paths import SLOWER, hot_paths, ratios, reference, slowed, stored

_TRIES = 3  # other work on the machine only ever makes a path slower


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of phantoms that are small on purpose
        yield hot_paths(tmp_path_factory.mktemp("hot"))


def test_every_path_has_a_stored_ratio(jobs):
    assert set(stored()) == set(jobs)


@pytest.mark.filterwarnings("ignore")
def test_no_path_takes_twice_as_long_as_it_did(jobs):
    known, left = stored(), jobs
    for _ in range(_TRIES):
        slow = slowed(ratios(left), known)
        left = {name: jobs[name] for name in slow}
        if not left:
            break
    assert not slow, f"more than {SLOWER:g} times as slow as in hot_paths.toml: {slow}"


def test_a_path_that_takes_three_times_as_long_is_noticed():
    kernel = reference()

    def thrice():
        for _ in range(3):
            kernel()

    found = ratios({"same": kernel, "slower": thrice})
    assert list(slowed(found, {"same": 1.0, "slower": 1.0})) == ["slower"]
