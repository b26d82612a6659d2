"""How fast reports are confirmed, and what taking one in costs beside many known payments

Ten thousand reports wait; the API (the sandbox) answers each fetch in 100 ms, four at a time, the rate budget is out of the way
and nothing is listed: 40 a second is what concurrency allows. Then the ledger alone, with a thousand payments known and with a
million. Needs JournalBenchmark.
"""
import http.client, re, subprocess, time

from suite.daemon import call, daemon, sandbox
from suite.figures import Figure
from suite.load import interleaved, median
from suite.notes import say

NEEDS = ()
CONFIRMED = 'ecryptopayd_confirmations_total{outcome="confirmed"}'

# Four at a time, each of which takes a tenth of a second.
ALLOWED = 40


def figure(*values):
    return Figure("confirming", *values)


def measure(options):
    rate = confirmed(options, options.count(10_000))
    return [
        figure("confirmed a second", rate, "/s", "higher"),
        figure("part of what concurrency allows", rate / ALLOWED * 100, "%", "higher"),
        *intake(options),
    ]


def confirmed(options, waiting):
    with sandbox(options) as api:
        settings = {"API_URL": api.url, "CONFIRM_RATE": 10_000, "RECONCILE_INTERVAL": 0}
        with daemon(options, settings) as own:
            own.wait_for_baseline()
            say(f"confirming: {waiting} payments are created and reported")
            api.create(waiting)
            payments = api.payments()
            api.post("/sandbox/faults", {"latency_ms": 100})
            hooks = http.client.HTTPConnection("127.0.0.1", own.port)
            for payment in payments:
                call(hooks, "POST", "/hook", payment)
            # Half of what waits stays behind.
            seconds = min(15 * options.seconds, waiting / ALLOWED / 2)
            say(f"confirming: counted for {seconds:.0f} seconds")
            before, began = own.metric(CONFIRMED), time.monotonic()
            time.sleep(seconds)
            after, took = own.metric(CONFIRMED), time.monotonic() - began
            return (after - before) / took


def intake(options):
    few, many = 1000, options.count(1_000_000)
    results = interleaved("confirming", {
        f"a report beside {known:,} known": lambda known=known: taken(options, known) for known in (few, many)
    }, options.rounds)
    figures = [
        figure(what, median(rounds, lambda numbers: numbers[1]), "µs", "lower") for what, rounds in results.items()
    ]
    each = median(results[f"a report beside {many:,} known"], lambda numbers: numbers[0])
    return [*figures, figure(f"memory of each of {many:,} known", each, "bytes", "lower")]


def taken(options, known):
    """Bytes of a known payment, and microseconds for a report."""
    command = [options.binary("JournalBenchmark"), "intake", str(known), str(options.count(200_000))]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.fullmatch(r"\d+ known: (-?\d+) bytes each; taking a report in ([\d.]+) µs\n", output)
    return [float(number) for number in found.groups()]
