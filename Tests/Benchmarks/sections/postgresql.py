"""A ledger on PostgreSQL: one daemon and two, beside pgbench on the same server

pgbench inserts one row a transaction, of a record's size, with 64 clients. The daemons take reports of payments never seen
before, over 64 and 256 connections in all. Then ten thousand reports wait, the API (the sandbox) answers each fetch in 100 ms,
four at a time, and the rate budget is out of the way. Then what a webhook costs that comes alone and is confirmed: processor time,
and room in the tables; and how long it takes from a webhook to its delivery, with one node and with eight, where it comes to one that
does not decide. Needs wrk, PostgreSQL's server, and a build with the trait:
swift build -c release --static-swift-stdlib --traits PostgreSQL.
"""
import concurrent.futures, contextlib, http.client, http.server, queue, re, statistics, threading, time

from suite.daemon import call, daemon, sandbox
from suite.figures import Figure
from suite.load import interleaved, load, median
from suite.notes import CannotRun, say
from suite.postgres import postgres
from suite.processes import processor, scratch

NEEDS = ("wrk",)
CLIENTS = 64
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CONFIRMED = 'ecryptopayd_confirmations_total{outcome="confirmed"}'

# As long as a record of a report.
LINE = "x" * 370


def figure(*values):
    return Figure("postgresql", *values)


def measure(options):
    with postgres(options) as server:
        inserts, rounds = intake(options, server)
        one = confirmed(options, server)
        costs = cost(options, server)
        times = {count: latency(options, server, count) for count in (1, 8)}
    rates = {name: median(found, lambda both: sum(round.rate for round in both)) for name, found in rounds.items()}
    figures = [figure("pgbench, one-row inserts, 64 clients", inserts, "/s", None)]
    for name, rate in rates.items():
        figures.append(figure(f"{name}: acknowledged", rate, "/s", "higher"))
        figures.append(figure(f"{name}: ÷ pgbench", rate / inserts, "", "higher"))
        figures.append(figure(f"{name}: p99", median(rounds[name], lambda both: max(round.p99 for round in both)), "ms", "lower"))
        figures.append(figure(f"{name}: not acknowledged", sum(round.failed for both in rounds[name] for round in both), "", "lower"))
    for connections in (64, 256):
        quotient = rates[f"two nodes, {connections} connections"] / rates[f"one node, {connections} connections"]
        figures.append(figure(f"two nodes ÷ one, {connections} connections", quotient, "", "higher"))
    figures.append(figure("confirmed a second", one, "/s", "higher"))
    for count, time in times.items():
        figures.append(figure(f"from webhook to delivery, {count} node{'s' * (count > 1)}: median", time * 1000, "ms", "lower"))
    figures.append(figure("from webhook to delivery, eight nodes ÷ one", times[8] / times[1], "", "lower"))
    return figures + costs


def intake(options, server):
    """pgbench's transactions a second, and the rounds of load by what was loaded."""
    name, url = server.database()
    with daemon(options, journal=url) as one, nodes(options, server, 2) as two:
        bench = pgbench(options, server)
        turns = {"pgbench": bench}
        for connections in (64, 256):
            turns[f"one node, {connections} connections"] = lambda connections=connections: together(
                [one], connections, options.seconds)
            turns[f"two nodes, {connections} connections"] = lambda connections=connections: together(
                two, connections, options.seconds)
        rounds = interleaved("postgresql", turns, options.rounds)
    return median(rounds.pop("pgbench"), float), rounds


@contextlib.contextmanager
def nodes(options, server, count, settings=None):
    """So many daemons on one new database."""
    name, url = server.database()
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(daemon(options, settings, journal=url)) for _ in range(count)]


def together(subjects, connections, seconds):
    """A round of load on all of them at once."""
    with concurrent.futures.ThreadPoolExecutor(len(subjects)) as pool:
        return list(pool.map(lambda subject: load(subject, connections // len(subjects), seconds), subjects))


def pgbench(options, server):
    """Transactions a second, each of which inserts a row of its own."""
    name, url = server.database()
    server.run("psql", "-q", "-d", name, "-c", "CREATE TABLE rows (id bigserial PRIMARY KEY, line text NOT NULL)")

    def turn():
        with scratch(options) as directory:
            script = directory / "insert.sql"
            script.write_text(f"INSERT INTO rows (line) VALUES ('{LINE}');\n")
            output = server.run(
                "pgbench", "-n", "-M", "prepared", "-f", script, "-c", CLIENTS, "-j", 2, "-T", options.seconds, name)
        return float(re.search(r"^tps = ([\d.]+)", output, re.M).group(1))

    return turn


def confirmed(options, server):
    """How many payments a second are confirmed when the API is what the node that decides waits for."""
    waiting = options.count(10_000)
    with sandbox(options) as api:
        settings = {"API_URL": api.url, "CONFIRM_RATE": 10_000, "RECONCILE_INTERVAL": 0}
        with nodes(options, server, 1, settings) as own:
            own[0].wait_for_baseline()
            say(f"postgresql: {waiting} payments are created, reported and confirmed")
            api.create(waiting)
            payments = api.payments()
            api.post("/sandbox/faults", {"latency_ms": 100})
            hooks = http.client.HTTPConnection("127.0.0.1", own[0].port)
            for payment in payments:
                call(hooks, "POST", "/hook", payment)
            # Half of what waits stays behind.
            seconds = min(15 * options.seconds, waiting / 40 / 2)
            before, began = own[0].metric(CONFIRMED), time.monotonic()
            time.sleep(seconds)
            after, took = own[0].metric(CONFIRMED), time.monotonic() - began
            return (after - before) / took


def cost(options, server):
    """What webhooks cost that come one after the other, each of a new payment, and are confirmed."""
    count = options.count(3000)
    name, url = server.database()
    with sandbox(options) as api:
        settings = {"API_URL": api.url, "CONFIRM_RATE": 10_000, "RECONCILE_INTERVAL": 0}
        with daemon(options, settings, journal=url) as own:
            own.wait_for_baseline()
            say(f"postgresql: {count} payments are reported one after the other, and confirmed")
            api.create(count)
            payments = api.payments()
            hooks = http.client.HTTPConnection("127.0.0.1", own.port)
            before = sizes(server, name)
            spent = processor(own.pid), processor(server.pid)
            for payment in payments:
                call(hooks, "POST", "/hook", payment)
            deadline = time.monotonic() + 120
            while own.metric(CONFIRMED) < count:
                if time.monotonic() > deadline:
                    raise CannotRun("not all payments were confirmed within two minutes")
                time.sleep(0.1)
            spent = processor(own.pid) - spent[0], processor(server.pid) - spent[1]
            after = sizes(server, name)
    figures = [
        figure("one webhook at a time, confirmed: processor time of the daemon", spent[0] / count * 1e6, "µs", "lower"),
        figure("one webhook at a time, confirmed: processor time of the server", spent[1] / count * 1e6, "µs", "lower"),
    ]
    for table, size in after.items():
        figures.append(figure(f"a webhook in {table}", (size - before[table]) / count, "bytes", "lower"))
    return figures


def sizes(server, name):
    """The bytes that each table has that grows with webhooks, with its indexes."""
    tables = "records", "inbox"
    columns = ", ".join(f"pg_total_relation_size('ecryptopayd.{table}')" for table in tables)
    found = server.run("psql", "-A", "-t", "-d", name, "-c", f"SELECT {columns}").strip().split("|")
    return dict(zip(tables, map(int, found)))


def latency(options, server, count):
    """The median of the seconds from a webhook to its delivery. With several nodes it comes to one that does not decide."""
    arrived = queue.Queue()

    class Shop(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            arrived.put(time.monotonic())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with sandbox(options) as api, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shop) as shop:
        threading.Thread(target=shop.serve_forever, daemon=True).start()
        settings = {
            "API_URL": api.url, "CONFIRM_RATE": 10_000, "RECONCILE_INTERVAL": 0,
            "FORWARD_URLS": f"http://127.0.0.1:{shop.server_address[1]}/", "FORWARD_SECRET": SECRET,
        }
        with nodes(options, server, count, settings) as own:
            deciding = wait_for_decision(own)
            deciding.wait_for_baseline()
            rounds = options.count(200)
            say(f"postgresql: {rounds} payments are reported to {count} nodes, one after the other, and delivered")
            api.create(rounds)
            hooks = [http.client.HTTPConnection("127.0.0.1", node.port) for node in own if count == 1 or node is not deciding]
            took = []
            for number, payment in enumerate(api.payments()):
                began = time.monotonic()
                call(hooks[number % len(hooks)], "POST", "/hook", payment)
                took.append(arrived.get(timeout=30) - began)
        shop.shutdown()
    return statistics.median(took)


def wait_for_decision(own):
    """The node that decides."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for node in own:
            if node.status()["cluster"]["here"]:
                return node
        time.sleep(0.1)
    raise CannotRun("no node decides")
