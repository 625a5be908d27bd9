"""Fuzz one reader or all, one after the other; ``python -m fuzz --minutes 10 [--reader NAME]``."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import warnings
import zlib
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "tests")]

from fuzz.case import CORPUS, Case, kept  # noqa: E402 (after the paths)
from fuzz.guided import can_guide, guided  # noqa: E402
from fuzz.keeper import Keeper, Result  # noqa: E402
from fuzz.minimise import minimised  # noqa: E402
from fuzz.mutate import mutated  # noqa: E402
from fuzz.readers import READERS, Reader, seeds_of  # noqa: E402

LOG = ROOT / ".fuzz.jsonl"
_LARGEST_POOL = 2000
_MINIMISE_S = 60.0
_LARGEST_KEPT = 64 * 1024
_LARGEST_GOOD = 2**18


def main() -> int:
    """Fuzz, keep what fails, tell; 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="for each reader")
    parser.add_argument("--reader", choices=[*READERS], action="append")
    told = "what ran; readers that ran as long as asked for are passed over, to go on from there"
    parser.add_argument("--log", type=Path, default=LOG, help=told)
    parser.add_argument("--seed", type=int, default=None)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # of what is damaged on purpose
    failed = 0
    for name in asked.reader or READERS:
        if not asked.reader and _done(asked.log, name, asked.minutes):
            print(f"{name}: done before", flush=True)
            continue
        seed = asked.seed if asked.seed is not None else time.time_ns() % 2**32
        told = fuzzed(READERS[name], seconds=60 * asked.minutes, seed=seed)
        failed += len(told["failures"])
        with asked.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(told) + "\n")
        counts = ", ".join(f"{n} {what}" for what, n in told["outcomes"].items())
        print(f"{name}: {told['minutes']:.1f} min, {told['inputs']} inputs ({counts})", flush=True)
        for failure in told["failures"]:
            print(f"  FAILED {failure}", flush=True)
    return 1 if failed else 0


def _done(log: Path, name: str, minutes: float) -> bool:
    """Whether the newest entry of a reader ran as long, and nothing failed in it."""
    lines = log.read_text(encoding="utf-8").splitlines() if log.is_file() else []
    own = [told for told in map(json.loads, lines) if told["reader"] == name]
    return bool(own) and own[-1]["minutes"] >= 0.99 * minutes and not own[-1]["failures"]


def fuzzed(reader: Reader, *, seconds: float, seed: int) -> dict:
    """Mutations of the seeds and of what was kept, for so long; failures go into the corpus."""
    rng = random.Random(seed ^ zlib.crc32(reader.name.encode()))
    good = list(seeds_of(reader))
    began = time.monotonic()
    pool = [*good, *(case for _, case in kept(CORPUS / reader.name))]
    n_seeds = len(pool)
    if can_guide(reader, seeds_of(reader)):
        pool += guided(reader.name, seeds_of(reader), seconds=seconds / 2)
    n_known = len(pool)
    seen: set[tuple[str, str]] = set()
    outcomes: dict[str, int] = {}
    failures: list[str] = []
    n = 0
    with Keeper([(reader, seed) for seed in seeds_of(reader)]) as keeper:
        while time.monotonic() - began < seconds:
            # What is refused at the door leads no further in: most begin with what was read.
            base = rng.choice(good if rng.random() < 0.7 else pool)
            case = pool[n] if n < n_known else mutated(base, pool, rng, reader.tokens)
            n += 1
            result = keeper.attempt(reader, case)
            outcomes[result.outcome] = outcomes.get(result.outcome, 0) + 1
            place = (result.outcome, result.signature)
            if result.outcome == "read" and len(good) < _LARGEST_POOL and case.size < _LARGEST_GOOD:
                good.append(case)
            if place in seen:
                continue
            seen.add(place)
            if result.failed:
                failures += _kept(reader, keeper, case, result)
            elif len(pool) < _LARGEST_POOL and case.size < _LARGEST_GOOD:
                pool.append(case)  # it ends where none ended before
    return {
        "reader": reader.name,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "minutes": round((time.monotonic() - began) / 60, 2),
        "seed": seed,
        "guided": n_known - n_seeds,
        "inputs": n,
        "outcomes": outcomes,
        "pool": len(pool),
        "failures": failures,
    }


def _kept(reader: Reader, keeper: Keeper, case: Case, result: Result) -> list[str]:
    """Make a failure small and keep it; none if it does not fail again."""

    def fails(one: Case) -> bool:
        again = keeper.attempt(reader, one)
        return again.failed and again.signature == result.signature

    if not fails(case):
        return []
    # What takes for ever is tried but a few times.
    budget = _MINIMISE_S if result.outcome != "slow" else 0.0
    small = minimised(case, fails, seconds=budget)
    where = CORPUS / reader.name
    told = f"{reader.name}: {result.outcome}: {result.signature}"
    if small.size > _LARGEST_KEPT:
        where = ROOT / ".fuzz-large" / reader.name
        told += f" ({small.size} bytes, too large for the corpus)"
    return [f"{told}: {small.keep(where).relative_to(ROOT)}"]


if __name__ == "__main__":
    sys.exit(main())
