"""How fast confirmed news reach the shop, also beside an endpoint that takes nothing

Deliveries a second to one endpoint that answers at once (nginx), finding and journaling the news included; and the same while
another endpoint, where nobody listens, has a hundred thousand waiting. Takes some minutes. Needs nginx.
"""
import time

from suite.daemon import daemon, sandbox
from suite.figures import Figure
from suite.load import interleaved, median
from suite.notes import CannotRun, say
from suite.processes import free_port, nginx, scratch, wait_until

NEEDS = ("nginx",)
DELIVERED = 'ecryptopayd_deliveries_total{outcome="delivered"}'


def figure(*values):
    return Figure("forwarding", *values)


def measure(options):
    waiting, changes = options.count(100_000), options.count(20_000)
    with scratch(options) as directory, nginx(directory / "nginx", "location / { return 204; }") as (_, port), \
            sandbox(options) as api:
        takes, refuses = f"http://127.0.0.1:{port}/hook", f"http://127.0.0.1:{free_port()}/hook"
        settings = {
            "API_URL": api.url, "RECONCILE_INTERVAL": 0, "LIST_MAX_BYTES": 1_000_000_000, "FORWARD_URLS": takes,
            "FORWARD_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        }
        with daemon(options, settings) as own:
            own.wait_for_baseline()
            say(f"forwarding: {waiting} payments are created and delivered")
            api.create(waiting)
            deliver(own, waiting)
            alone = rounds(options, api, own, changes, "one endpoint")
            own.reload({"FORWARD_URLS": f"{takes},{refuses}"})
            wait_until("the second endpoint is not there", lambda: len(own.status()["endpoints"]) == 2)
            say(f"forwarding: {waiting} are made to wait")
            api.change(waiting)
            deliver(own, waiting)
            # The second attempt comes five seconds after the first, the third five minutes later.
            own.wait_until_quiet(seconds=8)
            beside = rounds(options, api, own, changes, "beside one that takes nothing")
            left = own.metric("ecryptopayd_waiting_deliveries")
    return [
        figure("deliveries a second to one endpoint", alone, "/s", "higher"),
        figure("deliveries a second beside one that takes nothing", beside, "/s", "higher"),
        figure("deliveries that wait for that one", int(left), "", None),
    ]


def rounds(options, api, own, changes, what):
    def turn():
        api.change(changes)
        return deliver(own, changes)
    return median(interleaved("forwarding", {what: turn}, options.rounds)[what], float)


def deliver(own, count):
    """Has the news found, and waits until the good endpoint has them all; deliveries a second."""
    before, began = own.metric(DELIVERED), time.monotonic()
    own.reconcile()
    while (done := own.metric(DELIVERED) - before) < count:
        if time.monotonic() - began > 300:
            raise CannotRun(f"{done:.0f} of {count} were delivered in five minutes")
        time.sleep(0.05)
    return count / (time.monotonic() - began)
