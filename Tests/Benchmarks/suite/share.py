"""A share of the machine's processors: what a program would have on a small machine of its own."""
import contextlib, os, pathlib

from .notes import CannotRun

# In microseconds. Short, so that who has used his share up waits for milliseconds, as on a slower processor.
PERIOD = 10_000


@contextlib.contextmanager
def share(cores, *pids):
    """Gives each of the processes so much of one core and no more, by a control group of its own."""
    groups = []
    try:
        for pid in pids:
            groups.append(Group(f"ecryptopayd-bench-{pid}", cores))
            groups[-1].add(pid)
        yield
    finally:
        for group in groups:
            group.remove()


class Group:
    """A control group, of the first version or the second."""

    def __init__(self, name, cores):
        root = pathlib.Path("/sys/fs/cgroup")
        self.parent = root / "cpu" if (root / "cpu").is_dir() else root
        self.path = self.parent / name
        quota = int(cores * PERIOD)
        try:
            self.path.mkdir()
            if self.parent == root:
                (self.path / "cpu.max").write_text(f"{quota} {PERIOD}")
            else:
                (self.path / "cpu.cfs_period_us").write_text(str(PERIOD))
                (self.path / "cpu.cfs_quota_us").write_text(str(quota))
        except OSError as error:
            self.remove()
            raise CannotRun(f"no control group can be made that limits processor time: {error}") from None

    def add(self, pid):
        (self.path / "cgroup.procs").write_text(str(pid))

    def remove(self):
        with contextlib.suppress(OSError):
            for pid in (self.path / "cgroup.procs").read_text().split():
                (self.parent / "cgroup.procs").write_text(pid)
            os.rmdir(self.path)
