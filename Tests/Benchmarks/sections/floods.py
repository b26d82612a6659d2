"""What forged reports cost the genuine ones beside them

A payment is known, and a hundred forged reports about it come in each second, of other amounts or of its own; three seconds later it is
paid, and its genuine report comes: how long until that is confirmed? Then ids far beyond all others fill MAX_PENDING: how many of the
genuine new payments are taken? Last, an API that takes three calls a second and answers 429 to all others, without Retry-After: how often
is it called, while hundreds of ids wait?
"""
import contextlib, http.client, http.server, itertools, json, statistics, threading, time

from suite.daemon import ask, call, daemon, sandbox
from suite.figures import Figure
from suite.notes import CannotRun, say
from suite.processes import wait_until

NEEDS = ()
CONFIRMED = 'ecryptopayd_confirmations_total{outcome="confirmed"}'
FORGED = 100  # a second
TAKES = 3  # calls a second


def figure(*values):
    return Figure("floods", *values)


def measure(options):
    other, own = (delay(options, amount) for amount in (None, "150.0"))
    return [
        figure("paid to confirmed beside forged reports of other amounts", other, "s", "lower"),
        figure("paid to confirmed beside forged reports of its amount", own, "s", "lower"),
        figure("genuine new payments taken in a full house", taken(options), "%", "higher"),
        figure(f"calls of an API that takes {TAKES} a second", calls(options), "/s", "lower"),
    ]


def report(number, state, amount="150.0", second=0):
    return {"id": number, "currency": "btc", "amount": amount, "state": state,
            "updated_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + second))}


@contextlib.contextmanager
def forging(own, number, amount):
    """A hundred reports a second about a payment, each of which says something else."""
    done = threading.Event()

    def forge():
        hooks = http.client.HTTPConnection("127.0.0.1", own.port)
        for count in itertools.count(1):
            if done.wait(1 / FORGED):
                return
            call(hooks, "POST", "/hook", report(number, f"forged {count}", amount or str(count), 60))

    thread = threading.Thread(target=forge)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def delay(options, amount):
    delays = []
    with sandbox(options) as api, daemon(options, {"API_URL": api.url, "RECONCILE_INTERVAL": 0}) as own:
        own.wait_for_baseline()
        hooks = http.client.HTTPConnection("127.0.0.1", own.port)
        for number in range(1, options.rounds + 1):
            say(f"floods: forged reports, payment {number}")
            api.create(1)
            call(hooks, "POST", "/hook", report(number, "pending"))
            wait_until("the payment is not confirmed", lambda: own.metric(CONFIRMED) == 2 * number - 1)
            with forging(own, number, amount):
                time.sleep(3)
                began = time.monotonic()
                api.connection.close()
                api.post(f"/sandbox/payments/{number}/state", {"state": "paid"})
                call(hooks, "POST", "/hook", report(number, "paid", second=1))
                while own.metric(CONFIRMED) < 2 * number:
                    if time.monotonic() - began > 60:
                        raise CannotRun("the genuine report is not confirmed in a minute")
                    time.sleep(0.01)
                delays.append(time.monotonic() - began)
    return statistics.median(delays)


def taken(options):
    settings = {"RECONCILE_INTERVAL": 0, "MAX_PENDING": 1000}
    with sandbox(options) as api, daemon(options, {**settings, "API_URL": api.url}) as own:
        api.create(1)
        own.wait_for_baseline()
        hooks = http.client.HTTPConnection("127.0.0.1", own.port)
        call(hooks, "POST", "/hook", report(1, "pending"))
        wait_until("the payment is not confirmed", lambda: own.status()["pending"] == 0)
        for number in range(1000):
            with contextlib.suppress(CannotRun):
                call(hooks, "POST", "/hook", report(1_000_000 + number, "paid"))
        count = 100
        api.connection.close()
        api.create(count)
        statuses = []
        for number in range(2, count + 2):
            hooks.request("POST", "/hook", json.dumps(report(number, "pending")), {"Content-Type": "application/json"})
            answer = hooks.getresponse()
            answer.read()
            statuses.append(answer.status)
        return statuses.count(200) / count * 100


class Limited(http.server.BaseHTTPRequestHandler):
    """An API that has no payment, and not much patience."""
    protocol_version = "HTTP/1.1"
    began, lock = [], threading.Lock()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, {"access_token": "token", "token_type": "Bearer", "expires_in": 7200})

    def do_GET(self):
        now = time.monotonic()
        with self.lock:
            recent = [time for time in self.began if now - time[0] < 1 and time[1]]
            is_taken = len(recent) < TAKES
            self.began.append((now, is_taken))
        if self.path.rstrip("/").endswith("/payments"):
            self.answer(200, []) if is_taken else self.answer(429, {})
        else:
            self.answer(404 if is_taken else 429, {})

    def answer(self, status, body):
        body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def calls(options):
    Limited.began = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Limited)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with daemon(options, {"API_URL": f"http://127.0.0.1:{server.server_port}/api/v1"}) as own:
            own.wait_for_baseline()
            hooks = http.client.HTTPConnection("127.0.0.1", own.port)
            for number in range(1, 501):
                call(hooks, "POST", "/hook", report(number, "paid"))
            seconds = 5 * options.seconds
            say(f"floods: calls of an API that takes {TAKES} a second, for {seconds} seconds")
            before = len(Limited.began)
            time.sleep(seconds)
            return (len(Limited.began) - before) / seconds
    finally:
        server.shutdown()
