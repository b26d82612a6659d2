"""What else could stand at a webhook's URL. Each is started on a directory of its own; those that keep reports answer only when
they are durable."""
import contextlib, dataclasses, functools, os, pathlib, subprocess
from typing import Callable

from .notes import CannotRun, note, say
from .options import here, needed, program
from .processes import answers, free_port, nginx, running

NGINX, GO, GO_ALONE = "nginx, return 200", "Go net/http", "Go net/http, no disk"


@dataclasses.dataclass(frozen=True)
class Subject:
    """A program that takes webhooks."""
    pid: int
    address: str


@contextlib.contextmanager
def listening(command, port, environment=None):
    with running(command, lambda: answers(port), environment) as process:
        yield Subject(process.pid, f"127.0.0.1:{port}")


@contextlib.contextmanager
def nginx_alone(options, directory):
    """Writes nothing: what answering alone takes."""
    with nginx(directory / "nginx", "location / { return 200 'ok'; }") as (process, port):
        yield Subject(process.pid, f"127.0.0.1:{port}")


# Go


@functools.cache
def go_receiver(options):
    """The built program; the compiler's own cache makes it quick from the second run on."""
    say("building the receiver in Go")
    target = options.artifacts / "go" / "receiver"
    environment = {**os.environ, "GO111MODULE": "off", "GOFLAGS": "", "GOCACHE": str(options.artifacts / "go" / "cache")}
    subprocess.run([needed("go"), "build", "-o", target, here / "peers" / "receiver.go"], env=environment, check=True)
    return target


def go(options, directory):
    """One write and one sync for all that wait."""
    port = free_port()
    return listening([go_receiver(options), f"127.0.0.1:{port}", directory / "go.journal"], port)


def go_alone(options, directory):
    """The same without a journal."""
    port = free_port()
    return listening([go_receiver(options), f"127.0.0.1:{port}"], port)


# All of them


@dataclasses.dataclass(frozen=True)
class Peer:
    start: Callable
    is_there: Callable
    brought_by: str


PEERS = {
    NGINX: Peer(nginx_alone, lambda: program("nginx"), "Debian's nginx-light"),
    GO: Peer(go, lambda: program("go"), "Debian's golang-go"),
    GO_ALONE: Peer(go_alone, lambda: program("go"), "Debian's golang-go"),
}


def started(stack, options, directory: pathlib.Path, names):
    """Those of them that can be had here, by name."""
    subjects = {}
    for name in names:
        if not PEERS[name].is_there():
            note(f"{name} is left out: {PEERS[name].brought_by} would bring it")
            continue
        try:
            subjects[name] = stack.enter_context(PEERS[name].start(options, directory))
        except (CannotRun, subprocess.CalledProcessError) as fault:
            note(f"{name} is left out: {fault}")
    return subjects
