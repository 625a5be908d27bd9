"""Jobs reach workers, come back, and are tried again; the rules of who is to blame."""

from __future__ import annotations

import itertools
import random
import signal
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from faults.studies import BARE, lamella, make_study, measured
from lamella.core.errors import FaultsError, InputError, NotInstalledError, SettingsError
from lamella.run import warm
from lamella.run.executors import (
    Crew,
    InProcess,
    Job,
    OnDask,
    OnSlurm,
    Processes,
    crew_for,
    dispatch,
    read_profile,
)
from lamella.run.executors.deaths import Deaths
from lamella.run.executors.job import Came, Gone, News, Worker
from lamella.run.executors.profile import megabytes, seconds
from lamella.run.settings import MeasureSettings
from lamella.run.stopping import Stopped
from unit.jobs import NOTHING, Numbers, fill_memory, held_mb, jobs, kill, raise_it, square, waiting


def test_jobs_of_this_process_and_of_others_come_to_the_same():
    expected = sorted(f"job {i} {i * i}" for i in range(7))
    assert sorted(dispatch(InProcess(), Numbers(jobs(7)))) == expected
    heard = []
    there = dispatch(Processes(2, NOTHING), Numbers(jobs(7)), on_progress=heard.append)
    assert sorted(there) == expected
    assert {at.movie for at in heard if at.stage == "square"} == {f"movie {i}" for i in range(7)}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_a_job_that_kills_its_worker_twice_is_given_up_and_no_other():
    bad = Job("bad", "bad", kill)
    work = Numbers([*jobs(3), bad, *jobs(5)[3:]])
    came = sorted(dispatch(Processes(2, NOTHING), work))
    why = "bad was killed, twice, most likely for lack of memory"
    assert came == sorted([why, *(f"job {i} {i * i}" for i in range(5))])
    assert work.deaths == ["bad was killed"]  # the first time; the second gave it up


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_a_worker_that_needs_too_much_memory_is_ended_and_named():
    big = Job("big", "big", fill_memory)
    came = sorted(dispatch(Processes(1, NOTHING, memory_mb=1000), Numbers([big, *jobs(2)])))
    assert came[0].startswith("big needed more than the 1000 MB that it may have, twice, ")
    assert came[1:] == ["job 0 0", "job 1 1"]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
@pytest.mark.parametrize("n", [1, 2, 3, 100])
def test_where_no_worker_can_begin_no_job_is_blamed(n):
    came = []
    with pytest.raises(SettingsError, match="a worker holds more than 50 MB before it is ready"):
        came.extend(dispatch(Processes(2, NOTHING, memory_mb=50), Numbers(jobs(n))))
    assert came == []


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_where_no_worker_gets_ready_no_job_is_blamed():
    """Compiled kernels need memory, too."""
    holds = [
        float(told.split()[-1])
        for measures in (NOTHING, MeasureSettings())
        for told in dispatch(Processes(1, measures), Numbers([Job("movie", "job", held_mb)]))
    ]
    limit = sum(holds) / 2
    crew, came = Processes(2, MeasureSettings(), memory_mb=limit), []
    with pytest.raises(SettingsError, match="before it is ready to work"):
        came.extend(dispatch(crew, Numbers(jobs(3))))
    assert came == []


def test_a_crew_works_again_after_it_was_stopped():
    crew = Processes(1, NOTHING)
    with pytest.raises(Stopped):
        list(dispatch(crew, Numbers(jobs(1)), stopped=lambda: True))
    assert list(dispatch(crew, Numbers(jobs(1)))) == ["job 0 0"]


def test_what_cannot_be_measured_stops_no_worker(monkeypatch):
    def refuse(*given: object, **named: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(warm, "measure", refuse)
    warm.warm_up(MeasureSettings(), turn=0)


def test_a_worker_tells_that_it_gets_ready_before_its_first_job():
    heard = []
    there = dispatch(Processes(1, NOTHING), Numbers(jobs(2)), on_progress=heard.append)
    assert len(list(there)) == 2
    assert [(at.movie, at.stage) for at in heard] == [
        ("movie 0", warm.GET_READY),
        ("movie 0", "open"),
        ("movie 0", "square"),
        ("movie 1", "open"),
        ("movie 1", "square"),
    ]


def test_an_error_of_ours_ends_the_run():
    for crew in (InProcess(), Processes(2, NOTHING)):
        with pytest.raises(ZeroDivisionError, match="ours"):
            list(dispatch(crew, Numbers([Job("odd", "odd", raise_it)])))


def test_asked_to_end_all_workers_end(tmp_path):
    begun, waits = waiting(tmp_path, 2)
    with pytest.raises(Stopped):
        list(
            dispatch(
                Processes(2, NOTHING),
                Numbers(waits),
                stopped=lambda: all(path.exists() for path in begun),
            )
        )
    assert all(path.with_suffix(".ended").exists() for path in begun)


class Pretended(Crew):
    """Workers that do what a script says: `fate` of every job, in order of its tries."""

    most_deaths = 6
    in_words = "nobody"

    def __init__(self, workers: Sequence[Worker], fates: dict[str, Iterable[str]]) -> None:
        self.workers = workers
        self.fates = {name: deque(fate) for name, fate in fates.items()}
        self.doing: dict[str, Job] = {}
        self.done_by: dict[str, list[str]] = {}
        self.most_at_once = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    @property
    def mixed(self) -> bool:
        return len({worker.gpu for worker in self.workers}) > 1

    def idle(self) -> Sequence[Worker]:
        return [worker for worker in self.workers if worker.name not in self.doing]

    def give(self, worker: Worker, job: Job) -> None:
        self.doing[worker.name] = job
        self.done_by.setdefault(worker.name, []).append(job.name)
        self.most_at_once = max(self.most_at_once, len(self.doing))

    def news(self, timeout_s: float) -> list[News]:
        news: list[News] = []
        for worker, job in self.doing.items():
            fate = self.fates.get(job.name)
            how = fate.popleft() if fate else "done"
            if how == "done":
                news.append(Came(worker, "ok"))
            else:
                news.append(Gone(worker, "was killed", died=how == "died"))
        self.doing.clear()
        return news


def test_workers_that_leave_as_they_were_told_to_condemn_nobody_at_once():
    crew = Pretended([Worker("a")], {"job 0": ["left"] * 9})
    assert list(dispatch(crew, Numbers(jobs(1)))) == ["job 0 ok"]
    crew = Pretended([Worker("a")], {"job 0": ["left"] * 10})
    (lost,) = dispatch(crew, Numbers(jobs(1)))
    assert lost == "job 0 reached the end of its time 10 times at the same stage"


def test_six_deaths_in_a_row_condemn():
    crew = Pretended([Worker("a")], {"job 0": ["died"] * 5})
    assert list(dispatch(crew, Numbers(jobs(1)))) == ["job 0 ok"]
    crew = Pretended([Worker("a")], {"job 0": ["died"] * 6})
    (lost,) = dispatch(crew, Numbers(jobs(1)))
    assert lost.startswith("job 0 was killed, 6 times, ")


def test_jobs_for_a_graphics_card_go_there_and_only_where_there_is_one():
    work = [Job(str(i), f"job {i}", square, (i,), gpu=i % 2 == 1) for i in range(6)]
    crew = Pretended([Worker("card", gpu=True), Worker("none")], {})
    assert len(list(dispatch(crew, Numbers(work)))) == 6
    assert crew.done_by == {
        "card": ["job 1", "job 3", "job 5"],
        "none": ["job 0", "job 2", "job 4"],
    }
    for alone in (Worker("card", gpu=True), Worker("none")):
        crew = Pretended([alone], {})
        assert len(list(dispatch(crew, Numbers(work)))) == 6


def test_jobs_are_taken_when_a_worker_is_free_and_never_ahead():
    work = Numbers(jobs(2000))
    crew = Pretended([Worker(f"w{i}") for i in range(4)], {})
    for n, _ in enumerate(dispatch(crew, work), start=1):
        assert work.n_taken <= n + 4
    assert crew.most_at_once == 4


def test_random_deaths_condemn_nobody():
    """4 workers, each with a job that stays at one stage; 10 deaths at random: see `Deaths`."""
    n_runs, n_condemned = 20_000, 0
    rng = random.Random(0)
    for _ in range(n_runs):
        deaths = Deaths(OnDask.most_deaths)
        n_condemned += any(deaths.died(f"job {rng.randrange(4)}", "measure") for _ in range(10))
    assert n_condemned / n_runs < 1 / 150


def test_where_every_job_takes_its_worker_down_all_are_given_up():
    """As of movies that are all too large: none excuses the others for ever."""
    work = jobs(8)
    fates = {job.name: ["died"] * 1000 for job in work}
    crew = Pretended([Worker(f"w{i}") for i in range(4)], fates)
    lost = list(itertools.islice(dispatch(crew, Numbers(work)), 8))
    assert sorted(each.partition(" was")[0] for each in lost) == [job.name for job in work]
    tries = Counter(name for names in crew.done_by.values() for name in names)
    assert max(tries.values()) <= 2 * crew.most_deaths


def test_a_job_that_gets_further_starts_anew():
    deaths = Deaths(2)
    assert not deaths.died("a", "segment")
    assert not deaths.died("a", "measure")
    assert deaths.died("a", "measure")
    assert deaths.of("a") == 2


def test_deaths_elsewhere_excuse():
    deaths = Deaths(2)
    assert not deaths.died("a", "measure")
    assert not deaths.died(None)
    assert not deaths.died("a", "measure")
    assert deaths.died("a", "measure")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scheduler": "tcp://x:1", "slurm": True}, "each names other workers; give one of them"),
        ({"profile": Path("p.toml")}, "--profile: it tells how SLURM is asked; add --slurm"),
        ({"slurm": True}, "--slurm: it needs a profile; write one, see docs/clusters.md"),
        ({"memory": "much"}, "--memory: 'much' is no amount of memory, such as 4 GB; give"),
        ({"memory": "4GB", "scheduler": "tcp://x:1"}, "--memory: it limits workers of this mach"),
    ],
)
def test_options_that_do_not_go_together(tmp_path, given, said):
    with pytest.raises(SettingsError, match=said):
        crew_for(tmp_path, NOTHING, **given)


def test_options_choose_the_crew(tmp_path):
    profile = tmp_path / "slurm.toml"
    profile.write_text('memory = "2 GB"\n')
    kinds = Counter(
        type(crew_for(tmp_path, NOTHING, **given)).__name__
        for given in (
            {},
            {"workers": 2},
            {"memory": "1GB"},
            {"scheduler": "tcp://127.0.0.1:1"},
            {"slurm": True, "profile": profile},
        )
    )
    assert kinds == {"InProcess": 1, "Processes": 2, "OnDask": 1, "OnSlurm": 1}


def test_a_profile_with_unknown_keys_is_refused_by_name(tmp_path):
    path = tmp_path / "slurm.toml"
    path.write_text('quue = "long"\nmemory = "4 apples"\nwalltime = "soon"\n[gpu]\ncard = 1\n')
    with pytest.raises(FaultsError) as caught:
        read_profile(path)
    told = str(caught.value).splitlines()
    queue_keys = "account, cores, directives, jobs, memory, queue, walltime, workers_per_job"
    assert [line.removeprefix(f"{path}: ") for line in told] == [
        "memory: '4 apples' is not accepted; '4 apples' is no amount of memory, such as 4 GB",
        "walltime: 'soon' is not accepted; 'soon' is no time, such as 02:00:00 or 1-00:00:00",
        f"[gpu] card: unknown setting; known here: {queue_keys}",
        "quue: unknown setting; did you mean 'queue'?",
    ]
    with pytest.raises(InputError, match="cannot be read"):
        read_profile(tmp_path / "none.toml")
    path.write_text("queue = ")
    with pytest.raises(InputError, match="it is not TOML"):
        read_profile(path)


def test_the_profile_of_the_docs_is_read(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text(encoding="utf-8")
    example = page.partition("```toml\n")[2].partition("```")[0]
    path = tmp_path / "slurm.toml"
    path.write_text(example)
    profile = read_profile(path)
    assert profile.gpu is not None
    assert profile.gpu.directives == ["--gres=gpu:1"]


def test_amounts_and_times():
    assert [megabytes(text) for text in ("4 GB", "4G", "512MB", "1.5 GiB")] == [
        4096,
        4096,
        512,
        1536,
    ]
    assert [seconds(text) for text in ("00:01:30", "02:00:00", "1-00:00:00")] == [90, 7200, 86400]
    for wrong in ("2 hours", "12:00"):
        with pytest.raises(ValueError, match="no time"):
            seconds(wrong)


def test_no_scheduler_answers_there(tmp_path):
    pytest.importorskip("distributed")
    crew = OnDask("tcp://127.0.0.1:9", tmp_path, NOTHING)
    crew.answers_within_s = 0.5
    with pytest.raises(InputError, match=r"it does not answer .*; start one with: dask scheduler"):
        list(dispatch(crew, Numbers(jobs(1))))


def test_extras_are_named(tmp_path, monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        NotInstalledError, match=r'distributed is not installed; pip install "lamella\[dask\]"'
    ):
        list(dispatch(OnDask("tcp://127.0.0.1:9", tmp_path, NOTHING), Numbers(jobs(1))))
    crew = OnSlurm(read_profile_of(tmp_path), tmp_path, NOTHING, workers=1)
    with pytest.raises(NotInstalledError, match=r'pip install "lamella\[slurm\]"'):
        list(dispatch(crew, Numbers(jobs(1))))


def read_profile_of(folder: Path):
    (folder / "slurm.toml").write_text("")
    return read_profile(folder / "slurm.toml")


def test_the_command_line_cuts_movies_and_names_a_wrong_option(tmp_path):
    few = '[objects.cell.segment]\nmethod = "multiotsu"\n[measure]\nedge = false\n'
    study = make_study(tmp_path, good=["one"], settings=BARE + few)
    assert lamella("run", study, "--chunk-frames", 4).code == 0
    assert measured(study) == {"one"}
    wrong = lamella("run", study, "--profile", study / "slurm.toml")
    assert wrong.code == 2
    assert "--profile: it tells how SLURM is asked; add --slurm" in wrong.err
