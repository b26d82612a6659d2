"""What else could stand at a webhook's URL. Each is started on a directory of its own; those that keep reports answer only when
they are durable."""
import contextlib, dataclasses, functools, json, os, pathlib, subprocess, sys
from typing import Callable

from .notes import CannotRun, note, say
from .options import here, needed, program
from .processes import answers, free_port, listens, nginx, running

NGINX, GO, NODE, FLASK, WEBHOOK = "nginx, return 200", "Go net/http", "Node http", "Flask, SQLite", "adnanh/webhook"
GO_ALONE = "Go net/http, no disk"


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


@contextlib.contextmanager
def go_at_socket(options, directory, path):
    command = [go_receiver(options), f"unix:{path}", directory / "go.journal"]
    with running(command, lambda: listens(path)) as process:
        yield Subject(process.pid, f"unix:{path}")


# Others


def node(options, directory):
    """A sync for each report, by Node's four threads for files."""
    port = free_port()
    return listening([program("node"), here / "peers" / "receiver.js", port, directory / "node.journal"], port)


@functools.cache
def python_with_flask():
    for python in sys.executable, "/usr/bin/python3":
        if program(python) and subprocess.run([python, "-c", "import flask, gunicorn"], capture_output=True).returncode == 0:
            return python
    return None


def flask(options, directory):
    """Under gunicorn, a process for each processor."""
    port = free_port()
    command = [
        python_with_flask(), "-B", "-m", "gunicorn", "--workers", os.cpu_count(), "--threads", 16, "--keep-alive", 60,
        "--bind", f"127.0.0.1:{port}", "--chdir", here / "peers", "--log-level", "error", "receiver:app"]
    return listening(command, port, {**os.environ, "JOURNAL": str(directory / "reports.sqlite")})


def webhook(options, directory):
    """A program for each report, which appends it with dd."""
    port = free_port()
    append = directory / "append"
    append.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$1\" | dd of='{directory}/webhook.journal' oflag=append,dsync conv=notrunc status=none\n")
    append.chmod(0o755)
    hooks = directory / "hooks.json"
    hooks.write_text(json.dumps([{
        "id": "hook", "execute-command": str(append), "pass-arguments-to-command": [{"source": "entire-payload"}],
        # It would else answer before the program has ended.
        "include-command-output-in-response": True,
    }]))
    return listening(
        [program("webhook"), "-hooks", hooks, "-ip", "127.0.0.1", "-port", port, "-urlprefix", ""], port)


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
    NODE: Peer(node, lambda: program("node"), "Debian's nodejs"),
    FLASK: Peer(flask, python_with_flask, "PyPI's flask and gunicorn, or Debian's python3-flask and python3-gunicorn"),
    WEBHOOK: Peer(webhook, lambda: program("webhook"), "Debian's webhook"),
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
