"""What readers of /events cost

The daemon's private memory for each of a thousand, at the tail and after fifty records have been shown to all. Needs nothing
but the daemon.
"""
import contextlib, re, pathlib, socket, time

from suite.daemon import daemon
from suite.figures import Figure
from suite.notes import CannotRun, say
from suite.processes import open_files

NEEDS = ()
RECORDS = 50


def figure(*values):
    return Figure("events", *values)


def measure(options):
    count = options.count(1000)
    # Both the daemon's and its readers' here.
    open_files(count + 200)
    with daemon(options, {"MAX_CONNECTIONS": count + 100}) as own, contextlib.ExitStack() as stack:
        for number in range(1, 101):
            report(own, number)
        before = private(own.pid)
        say(f"events: {count} readers come")
        readers = [stack.enter_context(reader(own)) for _ in range(count)]
        for one in readers:
            read(one, b"\r\n\r\n")
        at_tail = (private(own.pid) - before) / count
        took = show(own, readers)
        after = (private(own.pid) - before) / count
    return [
        figure("a reader at the tail", at_tail, "KiB", "lower"),
        figure(f"a reader after {RECORDS} records", after, "KiB", "lower"),
        figure(f"{RECORDS} records shown to all, one by one", took, "s", "lower"),
    ]


def show(own, readers):
    began = time.monotonic()
    for number in range(101, 101 + RECORDS):
        report(own, number)
        for one in readers:
            read(one, b'"payment":%d,' % number)
    return time.monotonic() - began


def reader(own):
    connection = socket.create_connection(("127.0.0.1", own.admin), timeout=30)
    connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return connection


def read(connection, until):
    text = b""
    while until not in text:
        # What is looked for may come in two parts.
        text = text[-200:] + (connection.recv(65536) or lost())


def lost():
    raise CannotRun("the daemon closed a reader's connection")


def report(own, number):
    body = b'{"id":%d,"state":"paid","amount":"150.0","currency":"btc"}' % number
    with socket.create_connection(("127.0.0.1", own.port)) as connection:
        connection.sendall(b"POST /hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        answer = connection.recv(4096)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise CannotRun(f"a report is answered {answer[:40]}")


def private(pid):
    """In KiB."""
    return int(re.search(r"^RssAnon:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M).group(1))
