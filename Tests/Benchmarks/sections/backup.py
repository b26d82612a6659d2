"""What a backup takes, beside cp, and what it does to webhooks

A journal of 1 GB is backed up, without a daemon: the first time, beside "cp -r", syncing and reading the copy once, from a disk that has
nothing of either in memory; and again, when nothing is new. Then webhooks are sent to a daemon on that journal, over 16 connections, in
turns without and with first backups one after another. Needs wrk and JournalBenchmark.
"""
import contextlib, os, shutil, subprocess, threading, time

from suite.daemon import daemon, generate
from suite.figures import Figure
from suite.load import interleaved, load, median
from suite.notes import CannotRun, say
from suite.processes import scratch

NEEDS = ("wrk",)
PAYMENTS = 1_500_000
CONNECTIONS = 16


def figure(*values):
    return Figure("backup", *values)


def measure(options):
    with scratch(options) as directory:
        journal = directory / "journal"
        say("backup: a journal is made")
        generate(options, journal, options.count(PAYMENTS))
        size = sum(file.stat().st_size for file in journal.glob("*.jsonl"))
        if shutil.disk_usage(directory).free < 2 * size + 2_000_000_000:
            raise CannotRun("the disk has no room for a copy of the journal")
        times = interleaved("backup", {
            "cp": lambda: timed(lambda: copy(journal, directory / "cp")),
            "first": lambda: timed(lambda: first(options, journal, directory)),
        }, options.rounds)
        back_up(options, journal, directory / "again")
        again = timed(lambda: back_up(options, journal, directory / "again"))
        shutil.rmtree(directory / "again")
        with daemon(options, journal=journal) as own:
            rounds = interleaved("backup", {
                "webhooks": lambda: load(own, CONNECTIONS, options.seconds),
                "webhooks beside backups": lambda: beside(options, journal, directory, own),
            }, options.rounds)
    cp, own = (median(times[name], lambda seconds: seconds) for name in ("cp", "first"))
    figures = [
        figure("size of the journal", size / 1e6, "MB", None),
        figure("cp -r, sync, and reading it once", cp, "s", None),
        figure("the first backup", own, "s", "lower", own / cp),
        figure("a backup when nothing is new", again, "s", "lower"),
    ]
    for name, results in rounds.items():
        figures += [
            figure(f"{name}: rate", median(results, lambda one: one.rate), "/s", "higher"),
            figure(f"{name}: p99", median(results, lambda one: one.p99), "ms", "lower"),
        ]
    return figures


def timed(work):
    began = time.monotonic()
    work()
    return time.monotonic() - began


def forget(directory):
    """Has nothing of a directory's files in memory."""
    for file in directory.iterdir():
        with open(file, "rb") as opened:
            os.fdatasync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def copy(journal, to):
    forget(journal)
    subprocess.run(["cp", "-r", journal, to], check=True)
    forget(to)
    subprocess.run(["cat", *to.glob("*.jsonl")], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(to)


def back_up(options, journal, to):
    command = [options.binary("ecryptopayd"), "journal", "backup", to, "--directory", journal]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def first(options, journal, directory):
    forget(journal)
    back_up(options, journal, directory / "first")
    shutil.rmtree(directory / "first")


def beside(options, journal, directory, own):
    """A round of load while one backup follows the other."""
    is_over = threading.Event()

    def backups():
        while not is_over.is_set():
            first(options, journal, directory)

    thread = threading.Thread(target=backups)
    thread.start()
    with contextlib.ExitStack() as stack:
        stack.callback(thread.join)
        stack.callback(is_over.set)
        return load(own, CONNECTIONS, options.seconds)
