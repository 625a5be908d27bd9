"""A whole SLURM on this machine: munge, its controller and one node, on loopback.

with OneNode(folder) as slurm: ...   # SLURM_CONF is set meanwhile
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
_MUNGE = Path("/run/munge/munge.socket.2")


def lacking() -> str:
    """Why it cannot be started; empty where it can."""
    if os.name != "posix" or os.geteuid() != 0:
        return "a SLURM of one's own needs root"
    missing = [name for name in NEEDED if _found(name) is None]
    return f"no {', '.join(missing)}: apt-get install munge slurm-wlm" if missing else ""


class OneNode:
    """The daemons, started and ended; `cpus` may be more than the machine has."""

    def __init__(self, folder: Path, *, cpus: int = 4) -> None:
        self._folder, self.node, self._cpus = folder, socket.gethostname().split(".")[0], cpus

    def __enter__(self) -> Self:
        for name in ("state", "spool"):
            (self._folder / name).mkdir(parents=True)
        conf = self._folder / "slurm.conf"
        conf.write_text(self._configuration())
        self._before = os.environ.get("SLURM_CONF")
        os.environ["SLURM_CONF"] = str(conf)
        if not _MUNGE.exists():
            _MUNGE.parent.mkdir(exist_ok=True)
            shutil.chown(_MUNGE.parent, "munge", "munge")
            _run("runuser", "-u", "munge", "--", str(_found("munged")))
        _run(str(_found("slurmctld")), "-f", str(conf))
        _run(str(_found("slurmd")), "-f", str(conf), "-N", self.node)
        deadline = time.monotonic() + 30
        while "idle" not in _run("sinfo", "--noheader", "--format=%t", check=False):
            assert time.monotonic() < deadline, (self._folder / "slurmctld.log").read_text()
            time.sleep(0.2)
        return self

    def __exit__(self, *raised: object) -> None:
        _run("scancel", "--user=root", check=False)
        time.sleep(1)
        for name in ("slurmd", "slurmctld"):
            file = self._folder / f"{name}.pid"
            if file.exists():
                _run("kill", file.read_text().strip(), check=False)
        if self._before is None:
            del os.environ["SLURM_CONF"]
        else:
            os.environ["SLURM_CONF"] = self._before

    def drain(self) -> None:
        """No new jobs on the node; those that run go on."""
        _run("scontrol", "update", f"NodeName={self.node}", "State=DRAIN", "Reason=test")

    def resume(self) -> None:
        _run("scontrol", "update", f"NodeName={self.node}", "State=RESUME")

    @staticmethod
    def jobs() -> list[str]:
        """Numbers of the jobs that run."""
        return _run("squeue", "--noheader", "--format=%A", "--states=RUNNING").split()

    def _configuration(self) -> str:
        memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 * 3 // 4
        folder = self._folder
        return f"""
ClusterName=test
SlurmctldHost={self.node}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=2
NodeName={self.node} NodeAddr=127.0.0.1 CPUs={self._cpus} RealMemory={memory_mb} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def _found(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def _run(*command: str, check: bool = True) -> str:
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout
