"""The daemon beside what else could stand at a webhook's URL

In one run and interleaved rounds, with reports of payments never seen before: nginx with `return 200` and one worker, which
writes nothing; and receivers that answer when the report is durable, as one would write them with Go's net/http (group commit),
Node's http (a sync each), Flask under gunicorn (SQLite, synchronous=FULL), and as adnanh/webhook with a program that appends by
dd. At 64 connections all of them, at 256 the first two: requests a second, latency, processor time of an acknowledged webhook,
and memory.

Needs wrk. A peer whose program is missing is left out; nginx and Go are installed if that is possible.
"""
import contextlib

from suite.beside import PROCESSOR_TIME, beside
from suite.daemon import daemon
from suite.figures import OWN, Figure, compared
from suite.load import amid_load, interleaved
from suite.peers import FLASK, GO, NGINX, NODE, WEBHOOK, started
from suite.processes import memory, scratch

NEEDS = "wrk", "nginx", "go"

# What an id that waits for its verdict may take, in bytes.
WAITING = 100


def measure(options):
    with scratch(options) as directory, contextlib.ExitStack() as stack:
        own = stack.enter_context(daemon(options))
        subjects = {OWN: own, **started(stack, options, directory, (NGINX, GO, NODE, FLASK, WEBHOOK))}
        fast = {name: subject for name, subject in subjects.items() if name in (OWN, NGINX, GO)}
        idle = {name: memory(subject.pid)[0] for name, subject in subjects.items()}
        return [
            *beside("whole", subjects, 64, options, [PROCESSOR_TIME]),
            *beside("whole", fast, 256, options, [PROCESSOR_TIME]),
            *compared("whole", "PSS idle", idle, "MiB", "lower"),
            *memory_under_load(options, subjects, own),
        ]


def memory_under_load(options, subjects, own):
    """In rounds of their own, since looking takes time too."""
    def look(subject):
        return memory(subject.pid)[0], own.metric("ecryptopayd_pending_payments") if subject is own else 0

    turns = {
        name: lambda subject=subject: amid_load(subject, 64, options.seconds, lambda: look(subject))
        for name, subject in subjects.items()
    }
    seen = {name: looks[0] for name, looks in interleaved("whole, memory under load", turns, 1).items()}
    total, waiting = seen[OWN]
    return [
        *compared("whole", "PSS under load", {name: look[0] for name, look in seen.items()}, "MiB", "lower"),
        Figure("whole", f"PSS under load less {WAITING} bytes for each id that waits: {OWN}",
               total - waiting * WAITING / 2**20, "MiB", "lower"),
    ]
