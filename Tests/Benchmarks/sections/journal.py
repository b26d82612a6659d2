"""The journal: start, memory of a known payment, verify, append

A million records: 495,000 settled payments with two each, and 10,000 that wait with one. How long a start on it takes with and
without a checkpoint, and on an empty one, and the memory then; verifying it; and the processor time of appending a report, on a
disk that keeps nothing. Needs JournalBenchmark.
"""
import re, subprocess, time

from suite.daemon import forget_checkpoint, generate, start
from suite.figures import Figure
from suite.load import interleaved, median
from suite.notes import say
from suite.processes import scratch

NEEDS = ()


def figure(*values):
    return Figure("journal", *values)


def measure(options):
    settled, waiting = options.count(495_000), options.count(10_000)
    with scratch(options) as directory:
        journal, empty = directory / "journal", directory / "empty"
        empty.mkdir()
        start(options, empty)
        say("journal: one is made")
        generate(options, journal, settled, waiting)
        size = sum(file.stat().st_size for file in journal.iterdir())
        results = interleaved("journal", {
            "start on an empty journal": lambda: start(options, empty),
            "start without a checkpoint": lambda: replay(options, journal),
            "start with a checkpoint": lambda: resume(options, journal),
            "verify": lambda: verify(options, journal),
            "append": lambda: append(options),
        }, options.rounds)
    idle = median(results["start on an empty journal"], lambda start: start.anonymous)
    figures = [figure("records", settled * 2 + waiting, "", None), figure("size", size / 1e6, "MB", None)]
    for what, starts in list(results.items())[:3]:
        anonymous = median(starts, lambda start: start.anonymous)
        figures += [
            figure(what, median(starts, lambda start: start.seconds) * 1000, "ms", "lower"),
            figure(f"{what}: anonymous memory", anonymous, "MiB", "lower"),
        ]
        if starts is not results["start on an empty journal"]:
            each = (anonymous - idle) * 2**20 / settled
            figures.append(figure(f"{what}: a known payment", each, "bytes", "lower"))
    spent = median(results["start without a checkpoint"], lambda start: start.processor)
    return figures + [
        figure("start without a checkpoint: processor time", spent * 1000, "ms", "lower"),
        figure("journal verify", size / 1e6 / median(results["verify"], float), "MB/s", "higher"),
        figure("a report decoded", median(results["append"], lambda times: times[0]), "µs", "lower"),
        figure("a report appended", median(results["append"], lambda times: times[1]), "µs", "lower"),
    ]


def replay(options, journal):
    forget_checkpoint(journal)
    return start(options, journal)


def resume(options, journal):
    # A clean end leaves the checkpoint.
    start(options, journal, kill=False)
    return start(options, journal)


def verify(options, journal):
    """Seconds."""
    began = time.monotonic()
    subprocess.run(
        [options.binary("ecryptopayd"), "journal", "verify", "--directory", journal], check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def append(options):
    """Microseconds of processor time to decode a report, and to append it, on a disk that keeps nothing."""
    output = subprocess.run(
        [options.binary("JournalBenchmark"), "append", str(options.count(1_000_000))], check=True, capture_output=True,
        text=True).stdout
    return [float(number) for number in re.fullmatch(r"decode ([\d.]+) µs, append ([\d.]+) µs\n", output).groups()]
