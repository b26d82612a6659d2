"""A PostgreSQL server of the benchmark's own: in a scratch directory, on a Unix socket, with everything that makes it durable."""
import contextlib, glob, os, pathlib, pwd, shutil, subprocess

from .notes import CannotRun
from .processes import running, scratch, socket_directory


class Server:
    """A server that runs, and databases in it."""

    def __init__(self, programs, sockets, owner):
        self.programs, self.sockets, self.owner, self.count, self.pid = programs, sockets, owner, 0, None

    def environment(self):
        return {**os.environ, "PGHOST": str(self.sockets), "PGUSER": "postgres"}

    def run(self, name, *arguments):
        """What one of its programs prints."""
        command = [str(self.programs / name), *map(str, arguments)]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True)
        if done.returncode:
            raise CannotRun(f"{name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        return done.stdout

    def database(self):
        """A new database: its name, and its URL for the daemon."""
        self.count += 1
        name = f"bench{self.count}"
        self.run("createdb", name)
        return name, f"postgresql://postgres@/{name}?host={self.sockets}"

    @contextlib.contextmanager
    def standby(self, options, delay):
        """A standby that has applied a commit so many milliseconds later; from when it is there, commits wait for that."""
        with scratch(options) as directory:
            unprivileged(directory)
            data = directory / "data"
            copied = subprocess.run(
                [*self.owner, self.programs / "pg_basebackup", "-R", "-c", "fast", "-D", data],
                env=self.environment(), capture_output=True, text=True)
            if copied.returncode:
                raise CannotRun(f"pg_basebackup ended with {copied.returncode}: {copied.stderr.strip()[-500:]}")
            command = [
                *self.owner, self.programs / "postgres", "-D", data, "-k", self.sockets, "-p", "5433", "-c",
                "listen_addresses=", "-c", f"recovery_min_apply_delay={delay}ms"]
            with running(command, self.has_standby):
                for setting in ("synchronous_standby_names = '*'", "synchronous_commit = remote_apply"):
                    self.run("psql", "-q", "-c", f"ALTER SYSTEM SET {setting}")
                self.run("psql", "-q", "-c", "SELECT pg_reload_conf()")
                yield

    def has_standby(self):
        return self.run("psql", "-A", "-t", "-c", "SELECT count(*) FROM pg_stat_replication").strip() == "1"


@contextlib.contextmanager
def postgres(options):
    """The server, with Debian's defaults; fsync and synchronous_commit are on."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
    if not found:
        raise CannotRun("PostgreSQL's server is missing: deploy/packages postgresql")
    programs = pathlib.Path(found[-1]).parent
    with scratch(options) as directory, socket_directory() as sockets:
        owner = unprivileged(directory, sockets)
        data = directory / "data"
        made = subprocess.run(
            [*owner, programs / "initdb", "-A", "trust", "-U", "postgres", "-D", data], capture_output=True, text=True)
        if made.returncode:
            raise CannotRun(f"initdb ended with {made.returncode}: {made.stderr.strip()[-500:]}")
        server = Server(programs, sockets, owner)
        command = [*owner, programs / "postgres", "-D", data, "-k", sockets, "-c", "listen_addresses="]
        with running(command, lambda: is_ready(server)) as process:
            server.pid = process.pid
            yield server


def unprivileged(*directories):
    """What has a command run as somebody else, who owns the directories: PostgreSQL refuses root."""
    if os.geteuid():
        return []
    account = pwd.getpwnam("nobody")
    for directory in directories:
        os.chown(directory, account.pw_uid, account.pw_gid)
        for parent in pathlib.Path(directory).parents:
            if not parent.stat().st_mode & 0o001:
                raise CannotRun(f"{parent} is closed to the account nobody, as which the server runs")
    return [shutil.which("setpriv"), f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]


def is_ready(server):
    command = [server.programs / "pg_isready", "-q"]
    return subprocess.run(command, env=server.environment()).returncode == 0
