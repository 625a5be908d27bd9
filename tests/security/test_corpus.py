"""What fuzzing ever found is read again: each file is read or refused in words, within its limits.

``make fuzz`` looks for more; how, is told in docs/security.md.
"""

import os

import pytest

pytest.importorskip("resource")  # the limits of a process, which Windows has not
if not os.path.exists("/proc/self/statm"):  # noqa: PTH110
    pytest.skip("the limits are set by /proc", allow_module_level=True)

from fuzz.case import CORPUS, Case, kept
from fuzz.keeper import Keeper
from fuzz.minimise import minimised
from fuzz.readers import READERS, RUNS_ITS_INPUT

MEGABYTE = 2**20


@pytest.fixture(scope="module")
def keeper():
    with Keeper(limit_s=60) as keeper:  # of a busy machine
        yield keeper


@pytest.mark.parametrize("reader", sorted(path.name for path in CORPUS.iterdir()))
def test_what_was_found_is_mended(keeper, reader):
    reader = READERS[reader]
    cases = list(kept(CORPUS / reader.name))
    assert cases
    results = {}
    for name, case in cases:
        # What is imported and compiled on first use counts for nobody.
        results[f"{name}, at first"] = keeper.warm(reader, case)
        results[name] = keeper.attempt(reader, case)
    assert {name: each for name, each in results.items() if each.failed} == {}


def test_the_corpus_stays_small():
    assert sum(p.stat().st_size for p in CORPUS.rglob("*") if p.is_file()) < MEGABYTE
    assert {path.name for path in CORPUS.iterdir()} <= set(READERS)


@pytest.fixture(scope="module")
def eager():
    with Keeper(limit_s=3) as keeper:
        keeper.warm(RUNS_ITS_INPUT, Case("a.py", {"a.py": b"import lamella.core.errors"}))
        yield keeper


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("raise ValueError('x')", "error"),
        ("bytearray(2 * 2**30)", "memory"),
        ("import os; os.abort()", "crash"),
        ("import time; time.sleep(60)", "slow"),
        ("from lamella.core.errors import InputError; raise InputError('a', 'b', 'c')", "refused"),
        ("pass", "read"),
    ],
)
def test_every_failure_is_seen(eager, source, outcome):
    """By a reader that runs its input."""
    harmless = Case("a.py", {"a.py": b"pass"})
    case = Case("a.py", {"a.py": source.encode()})
    assert eager.attempt(RUNS_ITS_INPUT, case).outcome == outcome
    # And the next input is read as if nothing had been.
    assert eager.attempt(RUNS_ITS_INPUT, harmless).outcome == "read"


def test_a_failure_is_made_small():
    case = Case("a", {"a": b"x" * 500 + b"!" + b"y" * 300, "b": b"z" * 100})
    small = minimised(case, lambda c: b"!" in c.files.get("a", b""), seconds=10)
    assert small == Case("a", {"a": b"!"})


def test_a_case_of_several_files_is_kept_as_one(tmp_path):
    case = Case("g.geff", {"g.geff/a": b"1", "g.geff/b/c": b"2"})
    case.keep(tmp_path)
    assert [one for _, one in kept(tmp_path)] == [case]
    assert case.write(tmp_path / "out").is_dir()
