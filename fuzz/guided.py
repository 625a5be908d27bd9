"""Inputs that reach new lines of Python, found with atheris; ``python -m fuzz.guided READER …``.

Only for readers that are mostly Python and take one file. What it finds goes through the bounded
child afterwards, so that here no more than a coarse limit of memory is needed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import random
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from fuzz.case import Case

ROOT = Path(__file__).parent.parent
_COARSE_MB = 3000
_LONGEST = 1 << 16


def can_guide(reader: object, seeds: tuple[Case, ...]) -> bool:
    """Whether atheris is installed, and the reader is one for it."""
    one_file = all(set(seed.files) == {seed.entry} for seed in seeds)
    return bool(reader.guided and one_file and importlib.util.find_spec("atheris"))


def guided(name: str, seeds: tuple[Case, ...], *, seconds: float) -> list[Case]:
    """The inputs that it found interesting, those at which it fell last."""
    with tempfile.TemporaryDirectory(prefix="fuzz-guided-") as temporary:
        found, fallen = Path(temporary) / "found", Path(temporary) / "fallen"
        found.mkdir()
        fallen.mkdir()
        for number, seed in enumerate(seeds):
            (found / f"seed{number}").write_bytes(seed.files[seed.entry])
        entry = seeds[0].entry
        command = [
            sys.executable, "-m", "fuzz.guided", name, entry, str(found),
            f"-max_total_time={int(seconds)}", f"-rss_limit_mb={_COARSE_MB}", "-timeout=10",
            f"-max_len={_LONGEST}", f"-artifact_prefix={fallen}/",
        ]  # fmt: skip
        paths = [str(ROOT), str(ROOT / "src"), str(ROOT / "tests"), *sys.path]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "NUMBA_NUM_THREADS": "1"}
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command, cwd=temporary, env=env, check=False, timeout=seconds + 120,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        files = [*sorted(found.iterdir()), *sorted(fallen.iterdir())]
        return [Case(entry, {entry: file.read_bytes()}) for file in files]


def main() -> None:
    """Run atheris on one reader."""
    import atheris

    name, entry, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["lamella.io", "lamella.run", "roifile", "tomllib"]):
        from fuzz.mutate import mutated
        from fuzz.readers import READERS, seeds_of

        reader = READERS[name]
        pool = seeds_of(reader)
        # Readers import what they need when they are called: that is to be seen, too.
        for seed in pool:
            with contextlib.suppress(*reader.refusals):
                reader.read(seed.write(Path(tempfile.mkdtemp(prefix="fuzz-seed-"))))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp(prefix="fuzz-case-"))

    def one(data: bytes) -> None:
        (folder / entry).write_bytes(data)
        with contextlib.suppress(*reader.refusals):
            reader.read(folder / entry)

    def changed(data: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if rng.random() < 0.5:
            return atheris.Mutate(data, most)
        case = mutated(Case(entry, {entry: data}), pool, rng, reader.tokens)
        return case.files[entry][:most]

    atheris.Setup([sys.argv[0], *options], one, custom_mutator=changed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
