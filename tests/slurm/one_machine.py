"""A throw-away SLURM on one machine: a controller and two nodes, as plain processes of ours, without cgroups or munge.

Tested with Debian's slurm-wlm 22.05, whose slurmd may run several times on one machine.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

SLURMCTLD = shutil.which("slurmctld", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""
_PATIENCE = 60.0
NODES = ("n1", "n2")

_CONF = """\
ClusterName=throwaway
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/none
CredType=cred/none
# a job put back in line waits until its credentials are certainly out of use: two minutes otherwise
AuthInfo=cred_expire=10
# nothing of this needs root, cgroups, a mail program or a database
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# nodes may claim more than the machine has: two of them share it
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=5
SchedulerParameters=bf_interval=5,sched_interval=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
{nodes}
PartitionName=debug Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""


class OneMachine:
    """SLURM for the time of a ``with`` block; ``SLURM_CONF`` points to it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.conf = folder / "slurm.conf"
        self._processes: list[subprocess.Popen] = []

    def __enter__(self):
        (self.folder / "state").mkdir(parents=True)
        host, ports = socket.gethostname().partition(".")[0], _free_ports(1 + len(NODES))
        lines = []
        for name, port in zip(NODES, ports[1:], strict=True):
            (self.folder / f"spool.{name}").mkdir()
            place = f"NodeHostname={host} NodeAddr=127.0.0.1 Port={port}"
            lines.append(f"NodeName={name} {place} CPUs=1 RealMemory=4000 State=UNKNOWN")
        user = os.environ.get("USER") or "root"
        self.conf.write_text(
            _CONF.format(folder=self.folder, host=host, ports=ports, user=user, nodes="\n".join(lines))
        )
        os.environ["SLURM_CONF"] = str(self.conf)
        self._start(SLURMCTLD, "-D")
        for name in NODES:
            self._start(str(Path(SLURMCTLD).with_name("slurmd")), "-D", "-N", name)
        self._wait(lambda: self.ask("sinfo", "-h", "-N", "-o", "%T").split() == ["idle"] * len(NODES), "idle nodes")
        return self

    def __exit__(self, *_):
        for job in self.jobs():
            self.ask("scancel", job)
        self._wait(lambda: not self.ask("squeue", "-h"), "an empty queue")
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(_PATIENCE)
        del os.environ["SLURM_CONF"]

    def jobs(self, states: str = "PENDING,RUNNING") -> list[str]:
        """Ids of the jobs in one of these states; one whose processes are being ended is COMPLETING."""
        return self.ask("squeue", "-h", "-o", "%i", "-t", states).split()

    def kill(self, job: str) -> None:
        """Let a job's processes vanish as in a power failure: no signal that they could answer, and no second start."""
        self.ask("scancel", "--full", "--signal=KILL", job)

    def ask(self, *command: str) -> str:
        """Output of one of SLURM's commands."""
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)
        return done.stdout if done.returncode == 0 else ""

    def _start(self, *command: str) -> None:
        log = (self.folder / f"{len(self._processes)}.out").open("w")
        with log:
            process = subprocess.Popen([*command, "-f", str(self.conf)], stdout=log, stderr=log, start_new_session=True)
        self._processes.append(process)

    def _wait(self, reached, what: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not reached():
            if time.monotonic() > deadline:
                logs = "\n".join(path.read_text()[-1500:] for path in sorted(self.folder.glob("*.log")))
                for process in self._processes:
                    os.kill(process.pid, signal.SIGTERM)
                raise TimeoutError(f"SLURM did not get to {what} in {_PATIENCE:.0f} s\n{logs}")
            time.sleep(0.3)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
