"""The daemon by itself: acknowledgements, latency, processor time, memory and syncs

On a journal of its own, with an API that nobody answers, over 64 connections, with reports of payments never seen before. Needs
wrk; and perf (Debian's linux-perf) as root for the syncs, which are left out otherwise.
"""
import re, subprocess

from suite.daemon import daemon
from suite.figures import Figure
from suite.load import interleaved, load, median, result, started
from suite.notes import note
from suite.options import program
from suite.processes import memory, scratch

NEEDS = ("wrk",)
CONNECTIONS = 64


def figure(*values):
    return Figure("acknowledgements", *values)


def measure(options):
    with daemon(options) as own:
        idle = memory(own.pid)
        turns = {"ecryptopayd": lambda: load(own, CONNECTIONS, options.seconds)}
        rounds = interleaved("acknowledgements", turns, options.rounds)["ecryptopayd"]
        after = memory(own.pid)
    total = sum(round.acknowledged for round in rounds)
    # For each id that waits, 100 bytes.
    waiting = total * 100 / 2**20
    return [
        figure("durable acknowledgements a second", median(rounds, lambda round: round.rate), "/s", "higher"),
        figure("latency p50", median(rounds, lambda round: round.p50), "ms", "lower"),
        figure("latency p99", median(rounds, lambda round: round.p99), "ms", "lower"),
        figure("processor time each", median(rounds, lambda round: round.each), "µs", "lower"),
        figure("acknowledged", total, "", None),
        figure("not acknowledged", sum(round.failed for round in rounds), "", "lower"),
        figure("PSS idle", idle[0], "MiB", "lower"),
        figure("PSS idle, anonymous part", idle[1], "MiB", "lower"),
        figure("PSS after the load", after[0], "MiB", "lower"),
        figure("PSS after the load, anonymous part", after[1], "MiB", "lower"),
        figure("PSS after the load less 100 bytes for each id that waits", after[0] - waiting, "MiB", "lower"),
        figure("PSS after the load less the same, anonymous part", after[1] - waiting, "MiB", "lower"),
        *syncs(options),
    ]


def syncs(options):
    """In a round of its own, by the kernel's tracepoint: strace would stop the daemon at each call, and change the batches."""
    if not program("perf"):
        note("fdatasync per 1,000 acknowledged is skipped: perf is missing, Debian's linux-perf brings it")
        return []
    with daemon(options) as own, scratch(options) as directory:
        counts = directory / "counts"
        # perf counts while wrk runs, which it starts itself, and only what the daemon does.
        perf = ["perf", "stat", "-x,", "-e", "syscalls:sys_enter_fdatasync", "-p", str(own.pid), "-o", str(counts)]
        if not can_count(perf):
            return []
        with started(own, CONNECTIONS, options.seconds, before=perf) as process:
            round = result(process)
        count = int(re.search(r"^(\d+),,syscalls:sys_enter_fdatasync", counts.read_text(), re.M).group(1))
    return [figure("fdatasync per 1,000 acknowledged", count / round.acknowledged * 1000, "", "lower")]


def can_count(perf):
    tried = subprocess.run([*perf, "true"], capture_output=True, text=True)
    if tried.returncode:
        reason = next((line.strip() for line in tried.stderr.splitlines() if line.strip()), "it does not say why")
        note(f"fdatasync per 1,000 acknowledged is skipped: perf cannot count here, it needs root and tracepoints: {reason}")
    return tried.returncode == 0
