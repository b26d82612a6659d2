"""The HTTP server alone, beside nginx's `return 200` and Go's net/http

With handlers that do nothing. Interleaved rounds at 64 and at 256 connections: requests a second and their latency; and the
memory of an idle connection. Needs wrk and ServerBenchmark; nginx (one worker) and Go are left out where they are missing.
"""
import contextlib, socket, subprocess

from suite.beside import beside
from suite.figures import OWN, Figure
from suite.notes import say
from suite.peers import GO_ALONE, NGINX, Subject, started
from suite.processes import end, memory, open_files, scratch

NEEDS = "wrk", "nginx", "go"


@contextlib.contextmanager
def server(options, *arguments):
    """It listens when it has printed where."""
    process = subprocess.Popen([options.binary("ServerBenchmark"), *arguments], stdout=subprocess.PIPE, text=True)
    try:
        yield Subject(process.pid, process.stdout.readline().strip())
    finally:
        end(process)


def measure(options):
    figures = []
    with scratch(options) as directory, contextlib.ExitStack() as stack:
        subjects = {OWN: stack.enter_context(server(options)), **started(stack, options, directory, (NGINX, GO_ALONE))}
        for connections in 64, 256:
            figures += beside("server", subjects, connections, options)
    return figures + idle(options, options.count(2000))


def idle(options, count):
    """Bytes for each connection that has had a request and waits for the next; the first hundred come before the count."""
    say(f"server, {count} idle connections")
    request = b"POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
    open_files(count + 200)
    with server(options, "100000") as subject, contextlib.ExitStack() as connections:
        host, port = subject.address.split(":")
        before = 0
        for number in range(count + 100):
            if number == 100:
                before = memory(subject.pid)[0]
            connection = connections.enter_context(socket.create_connection((host, int(port))))
            connection.sendall(request)
            connection.recv(4096)
        each = (memory(subject.pid)[0] - before) * 2**20 / count
    return [Figure("server", "memory of an idle connection", each, "bytes", "lower")]
