"""What reading the journal at rest costs the webhooks beside it

One daemon, over 16 connections, with reports of payments never seen before, on the journal that these make, in segments of 4 MiB.
Rounds with ECRYPTOPAY_SCRUB=0 take turns with rounds in which it reads as fast as it ever does: a round of 1 s is 5 MB/s. What the scrub
takes by itself is measured behind them, when nothing else is to be done. Needs wrk.
"""
import pathlib, time

from suite.daemon import daemon
from suite.figures import Figure
from suite.load import interleaved, load, median
from suite.processes import wait_until

NEEDS = ("wrk",)
CONNECTIONS = 16
READ = "ecryptopayd_journal_scrub_read_bytes_total"
ROUND = "ecryptopayd_journal_scrub_round_seconds"


def figure(*values):
    return Figure("scrub", *values)


def spent(pid):
    """Seconds of processor time of the thread that reads."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text() == "journal.scrub\n":
            return int((task / "schedstat").read_text().split()[0]) / 1e9
    return 0.0


def measure(options):
    with daemon(options, {"JOURNAL_SEGMENT_BYTES": 4 << 20, "SCRUB": "0"}) as own:
        def turn(scrub):
            own.reload({"SCRUB": scrub})
            wait_until("the reload", lambda: (own.metric(ROUND) > 0) == (scrub != "0"))
            return load(own, CONNECTIONS, options.seconds)

        load(own, CONNECTIONS, options.seconds)
        turns = {"without": lambda: turn("0"), "beside the scrub": lambda: turn("1s")}
        rounds = interleaved("scrub", turns, options.rounds)
        own.wait_until_quiet(3)
        own.reload({"SCRUB": "1s"})
        before, used, began = own.metric(READ), spent(own.pid), time.monotonic()
        time.sleep(2 * options.seconds)
        megabytes = (own.metric(READ) - before) / 1e6
        used, seconds = spent(own.pid) - used, time.monotonic() - began
    return [
        *(figure(f"{name}: latency {what}", median(turn, value), unit, better)
          for name, turn in rounds.items() for what, value, unit, better in (
              ("p50", lambda round: round.p50, "ms", "lower"), ("p99", lambda round: round.p99, "ms", "lower"))),
        *(figure(f"{name}: durable acknowledgements a second", median(turn, lambda round: round.rate), "/s", "higher")
          for name, turn in rounds.items()),
        figure("read a second, alone", megabytes / seconds, "MB/s", None),
        figure("processor time for each MB", used / max(megabytes, 0.001) * 1000, "ms", "lower"),
    ]
