"""A ledger on PostgreSQL as on machines of their own: small ones, and a server whose standby is far away

First, daemons that have a quarter of a core each, as on small servers: what a second one adds. Then the server commits when a
synchronous standby has applied it, twenty milliseconds later, as in another region: what a report costs is then waiting, and
pgbench with 64 clients stands beside daemons with as many connections and more; there two daemons have as many connections each as
one alone. Needs wrk, PostgreSQL's server, control groups that this process may make, and a build with the trait:
swift build -c release --static-swift-stdlib --traits PostgreSQL.
"""
from suite.figures import Figure
from suite.load import interleaved, median
from suite.notes import CannotRun, note
from suite.postgres import postgres
from suite.share import share

from .postgresql import CLIENTS, nodes, pgbench, together

NEEDS = ("wrk",)
CORES = 0.25
DELAY = 20


def figure(*values):
    return Figure("machines", *values)


def measure(options):
    with postgres(options) as server, server.standby(options, DELAY):
        figures = distant(options, server)
    try:
        with postgres(options) as server:
            return small(options, server) + figures
    except CannotRun as reason:
        note(f"daemons with a share of the processor could not be measured: {reason}")
        return figures


def small(options, server):
    """What daemons take in that have little of a processor each, and the rest of the machine has time to spare."""
    with nodes(options, server, 1) as one, nodes(options, server, 2) as two:
        with share(CORES, *(node.pid for node in one + two)):
            rounds = interleaved("machines", {
                "one small node": lambda: together(one, 256, options.seconds),
                "two small nodes": lambda: together(two, 256, options.seconds),
            }, options.rounds)
    lost = failures(rounds)
    one, two = (median(rounds[name], rate) for name in rounds)
    return [
        figure("one node with a quarter of a core, 256 connections: acknowledged", one, "/s", "higher"),
        figure("two nodes with a quarter of a core each, 128 connections each ÷ one", two / one, "", "higher"),
        figure("nodes with a quarter of a core: not acknowledged", lost, "", "lower"),
    ]


def distant(options, server):
    """Behind a standby that takes its time."""
    with nodes(options, server, 1) as one, nodes(options, server, 2) as two:
        turns = {"pgbench": pgbench(options, server)}
        for connections in (64, 256, 1024):
            turns[f"{connections} connections"] = lambda connections=connections: together(
                one, connections, options.seconds)
        turns["two nodes"] = lambda: together(two, 2048, options.seconds)
        rounds = interleaved("machines", turns, options.rounds)
    inserts = median(rounds.pop("pgbench"), float)
    lost = failures(rounds)
    two = median(rounds.pop("two nodes"), rate)
    figures = [figure(f"standby {DELAY} ms away: pgbench, one-row inserts, {CLIENTS} clients", inserts, "/s", None)]
    for name, found in rounds.items():
        one = median(found, rate)
        figures.append(figure(f"standby {DELAY} ms away: one node, {name}: acknowledged", one, "/s", "higher"))
        figures.append(figure(f"standby {DELAY} ms away: one node, {name}: ÷ pgbench", one / inserts, "", "higher"))
    figures.append(figure(f"standby {DELAY} ms away: two nodes, 1024 connections each ÷ one", two / one, "", "higher"))
    return figures + [figure(f"standby {DELAY} ms away: not acknowledged", lost, "", "lower")]


def rate(both):
    return sum(round.rate for round in both)


def failures(rounds):
    return sum(round.failed for found in rounds.values() for both in found for round in both)
