"""A share of the machine's processors: what a program would have on a small machine of its own."""
import contextlib, pathlib

from .notes import CannotRun, note

# In microseconds. Short, so that who has used his share up waits for milliseconds, as on a slower processor.
PERIOD = 10_000


@contextlib.contextmanager
def share(cores, *pids):
    """Gives each of the processes so much of one core and no more, by a control group of its own."""
    groups = []
    try:
        try:
            for pid in pids:
                groups.append(Group(f"ecryptopayd-bench-{pid}", cores))
                groups[-1].add(pid)
        except OSError as error:
            raise CannotRun(f"no control group can be made that limits processor time: {error}") from None
        yield
    finally:
        for group in groups:
            group.remove()


class Group:
    """A control group, of the first version or the second."""

    def __init__(self, name, cores):
        root = pathlib.Path("/sys/fs/cgroup")
        version1 = (root / "cpu").is_dir()
        self.before = own(root / "cpu", "cpu") if version1 else own(root, "")
        self.path = self.before / name
        self.path.mkdir()
        try:
            quota = int(cores * PERIOD)
            if version1:
                (self.path / "cpu.cfs_period_us").write_text(str(PERIOD))
                (self.path / "cpu.cfs_quota_us").write_text(str(quota))
            else:
                (self.path / "cpu.max").write_text(f"{quota} {PERIOD}")
        except OSError:
            self.remove()
            raise

    def add(self, pid):
        (self.path / "cgroup.procs").write_text(str(pid))

    def remove(self):
        """Its processes go back to where they came from."""
        for pid in (self.path / "cgroup.procs").read_text().split():
            # It may have ended by now.
            with contextlib.suppress(OSError):
                (self.before / "cgroup.procs").write_text(pid)
        try:
            self.path.rmdir()
        except OSError as error:
            note(f"{self.path} is left over: {error}")


def own(root, controller):
    """The group that this process is in, and what it starts."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return root / path.lstrip("/")
    raise CannotRun("this process is in no control group")
