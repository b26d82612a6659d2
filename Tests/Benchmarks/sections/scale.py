"""How the cost of an acknowledged webhook grows: with connections, the body, known payments, and the journal

Rate and processor time with 1 to 10,000 connections, with bodies of 200 bytes to 16 KB, beside 1,000 to 1,000,000 known
payments, and on a journal of 10 MB to 1 GB (with --full: 10 GB); of the last two also how long a start takes that finds a
checkpoint. Each point has a daemon of its own, and all of a kind take turns. Where nothing else is said there are 64
connections, bodies of 200 bytes, and an empty journal.

Making the connections is part of what they cost. The known payments' journals grow too, by some 670 bytes a payment; the other
journals are of large reports, so that few payments are in them. The load adds to a journal as well: 370 bytes a report, some
70 MB in a round at 45,000 a second.

Draws .build/benchmarks/scale.svg, and .png, with matplotlib in an environment of its own beside them. Needs wrk and
JournalBenchmark, and python3-venv to draw.
"""
import contextlib, dataclasses, datetime, importlib.util, json, shutil, signal, subprocess, sys
from typing import Any

from suite.daemon import daemon, generate, start
from suite.figures import Figure
from suite.load import interleaved, load, median, started
from suite.notes import note, say
from suite.options import here, root
from suite.processes import open_files, scratch, wait_until
from suite.record import commit, described, machine

NEEDS = ("wrk",)
MATPLOTLIB = "3.11.2"
CONNECTIONS = 64
BODY = 200
LARGEST_BODY = 16384


@dataclasses.dataclass
class Point:
    """One daemon under load."""
    x: float
    label: str
    connections: int = CONNECTIONS
    body: int = BODY
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    journal: Any = None
    # Medians.
    rate: float = 0.0
    each: float = 0.0  # µs of processor time
    start: float | None = None  # seconds
    failed: int = 0


@dataclasses.dataclass
class Kind:
    """What grows."""
    name: str
    title: str
    points: list[Point]


def measure(options):
    kinds = []
    for prepared in connections, bodies, known_payments, journals:
        with scratch(options) as directory:
            kind = prepared(options, directory)
            time_starts(options, kind)
            time_load(options, kind)
            kinds.append(kind)
    draw(options, kinds)
    return [figure for kind in kinds for figure in figures(kind)]


# What grows


def connections(options, directory):
    points = []
    for count in 1, 4, 16, 64, 256, 1000, 4000, 10_000:
        # The daemon's own files beside, or wrk's.
        if open_files(count + 100):
            points.append(Point(count, f"{count:,}", connections=count, settings={"MAX_CONNECTIONS": count + 10}))
        else:
            note(f"scale: {count:,} connections are left out, so many files may not be open: ulimit -Hn {count + 100}")
    return Kind("connections", "connections", points)


def bodies(options, directory):
    return Kind("body", "size of the body", [
        Point(200, "200 B", body=200), Point(1024, "1 KB", body=1024), Point(4096, "4 KB", body=4096),
        Point(LARGEST_BODY, "16 KB", body=LARGEST_BODY)])


def known_payments(options, directory):
    points = []
    for count in map(options.count, (1000, 10_000, 100_000, 1_000_000)):
        say(f"scale: a journal with {count:,} known payments is made")
        journal = directory / str(count)
        generate(options, journal, count)
        points.append(Point(count, f"{count:,}", journal=journal))
    return Kind("known payments", "known payments", points)


def journals(options, directory):
    points = []
    sizes = [1, 10, 100] if options.quick else [10, 100, 1000]
    for megabytes in sizes + [10_000] * options.full:
        label = f"{megabytes} MB" if megabytes < 1000 else f"{megabytes // 1000} GB"
        size = megabytes * 1_000_000
        # The load adds to it.
        if shutil.disk_usage(directory).free < 2 * size + 2_000_000_000:
            note(f"scale: a journal of {label} is left out: the disk has no room")
            continue
        say(f"scale: a journal of {label} is made")
        journal = directory / str(megabytes)
        points.append(Point(fill(options, journal, size), label, journal=journal))
    return Kind("journal", "size of the journal", points)


def fill(options, journal, size):
    """Has the daemon itself write so many bytes, of reports as large as they may be; how many it wrote."""
    def written():
        return sum(file.stat().st_size for file in journal.glob("*.jsonl"))

    # Those under way when wrk stops may be lost.
    requests = size // LARGEST_BODY + CONNECTIONS
    with daemon(options, journal=journal) as own, started(own, CONNECTIONS, 3600, LARGEST_BODY, requests) as process:
        grown = written()
        while grown < size:
            wait_until("the journal does not grow", lambda: written() > grown, process)
            grown = written()
        process.send_signal(signal.SIGINT)
        process.wait()
    return written()


# Measuring


def time_starts(options, kind):
    """Of those that have a journal. The first end is clean, and leaves the checkpoint."""
    points = [point for point in kind.points if point.journal]
    for point in points:
        start(options, point.journal, kill=False)
    turns = {point.label: lambda point=point: start(options, point.journal) for point in points}
    for point, starts in zip(points, interleaved(f"scale, start, {kind.name}", turns, options.rounds).values()):
        point.start = median(starts, lambda start: start.seconds)


def time_load(options, kind):
    with contextlib.ExitStack() as stack:
        turns = {}
        for point in kind.points:
            own = stack.enter_context(daemon(options, point.settings, point.journal))
            turns[point.label] = lambda own=own, point=point: load(own, point.connections, options.seconds, point.body)
        for point, rounds in zip(kind.points, interleaved(f"scale, {kind.name}", turns, options.rounds).values()):
            point.rate = median(rounds, lambda round: round.rate)
            point.each = median(rounds, lambda round: round.each)
            point.failed = sum(round.failed for round in rounds)


def figures(kind):
    for point in kind.points:
        yield Figure("scale", f"{kind.name}, {point.label}: processor time each", point.each, "µs", "lower")
    for point in kind.points:
        yield Figure("scale", f"{kind.name}, {point.label}: rate", point.rate, "/s", "higher")
    for point in kind.points:
        if point.start is not None:
            yield Figure("scale", f"{kind.name}, {point.label}: start", point.start * 1000, "ms", "lower")
    failed = sum(point.failed for point in kind.points)
    yield Figure("scale", f"{kind.name}: not acknowledged", failed, "", "lower")


# Drawing


def draw(options, kinds):
    python = environment(options)
    if not python:
        return
    target = options.artifacts / ("quick.svg" if options.quick else "scale.svg")
    # Without the journals' paths, which are gone.
    columns = [{"title": kind.title, "points": [
        {"x": point.x, "label": point.label, "rate": point.rate, "each": point.each, "start": point.start}
        for point in kind.points]} for kind in kinds]
    content = {"columns": columns, "caption": caption(options)}
    drawn = subprocess.run([python, here / "plot.py", target], input=json.dumps(content), text=True)
    note(f"scale is drawn in {target}" if drawn.returncode == 0 else "scale could not be drawn: see the error above")


def caption(options):
    return "\n".join([
        f"Where nothing else is said: {CONNECTIONS} connections, bodies of {BODY}",
        "bytes, an empty journal, no payment known.", f"Medians of rounds ({options.rounds}) of {options.seconds} s.", "",
        described(machine(options.artifacts)),
        f"{commit()}, {datetime.date.today()}"])


def environment(options):
    """The Python that has matplotlib; nothing, with a word why, if there is none."""
    directory = options.artifacts / "python"
    python = directory / "bin/python3"
    asked = f"import importlib.metadata as m; assert m.version('matplotlib') == '{MATPLOTLIB}'"
    if python.exists() and subprocess.run([python, "-c", asked], capture_output=True).returncode == 0:
        return python
    # Debian's Python has venv, but not what it puts into an environment.
    if not importlib.util.find_spec("ensurepip"):
        subprocess.run([root / "deploy/packages", "python3-venv"], stdout=sys.stderr)
    say(f"scale: matplotlib {MATPLOTLIB} is installed in {directory}")
    for command in (
            [sys.executable, "-m", "venv", "--clear", directory],
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"matplotlib=={MATPLOTLIB}"]):
        if subprocess.run(command, stdout=sys.stderr).returncode:
            note(f"scale is not drawn: matplotlib {MATPLOTLIB} from PyPI could not be installed")
            return None
    return python
