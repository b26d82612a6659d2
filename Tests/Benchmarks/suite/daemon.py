"""The daemon under measurement, and the sandboxed ecryptopay that some sections put behind it."""
import contextlib, dataclasses, http.client, json, re, signal, socket, subprocess, time

from .notes import CannotRun
from .processes import end, free_port, listens, memory, processor, running, scratch, socket_directory, wait_until

ACCOUNT = {"CLIENT_ID": "bench", "CLIENT_SECRET": "bench", "EMAIL": "bench@example.mx", "PASSWORD": "bench"}

SETTINGS = {
    **ACCOUNT,
    "API_URL": "http://127.0.0.1:9/api/v1",  # where nobody answers
    "WEBHOOK_PATHS": "/hook",
    "MAX_PENDING": 10_000_000,
    "LOG_LEVEL": "error",
}


def environment(settings):
    return {f"ECRYPTOPAY_{key}": str(value) for key, value in settings.items()}


def ask(port, method, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Daemon:
    """The daemon, accepting webhooks."""

    def __init__(self, process, port, admin, configuration):
        self.process, self.pid, self.address = process, process.pid, f"127.0.0.1:{port}"
        self.port, self.admin, self.configuration = port, admin, configuration

    def reload(self, settings):
        self.configuration.change(settings)
        self.process.send_signal(signal.SIGHUP)

    def status(self):
        return json.loads(ask(self.admin, "GET", "/status")[1])

    def metric(self, name):
        text = ask(self.admin, "GET", "/metrics")[1]
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
        return float(found.group(1)) if found else 0.0

    def reconcile(self):
        ask(self.admin, "POST", "/reconcile")

    def wait_for_baseline(self):
        """What is created while the first listing runs is news before anybody counts."""
        metric = "ecryptopayd_last_reconcile_timestamp_seconds"
        wait_until("there is no baseline", lambda: self.metric(metric) > 0)

    def wait_until_quiet(self, seconds):
        """Until it has had next to nothing to do for so long."""
        deadline = time.monotonic() + 600
        quiet = 0
        while quiet < seconds:
            if time.monotonic() > deadline:
                raise CannotRun("the daemon does not come to rest in ten minutes")
            before = processor(self.pid)
            time.sleep(1)
            quiet = quiet + 1 if processor(self.pid) - before < 0.05 else 0


class Configuration:
    """The env file of a daemon."""

    def __init__(self, path, settings):
        self.path, self.settings = path, settings
        self.change({})

    def change(self, settings):
        self.settings = {**self.settings, **settings}
        lines = [f'{key}="{value}"\n' for key, value in environment(self.settings).items()]
        self.path.write_text("".join(lines))


def is_well(port):
    """It listens before it has read its journal."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        return ask(port, "GET", "/healthz")[0] == 200


@contextlib.contextmanager
def daemon(options, settings=None, journal=None, listen=()):
    """The daemon on a journal of its own, or on that one, with an API that nobody answers unless the settings name one. It
    listens on a free port, and at the other addresses."""
    with scratch(options) as directory:
        port, admin = free_port(), free_port()
        configuration = Configuration(directory / "env", {
            **SETTINGS, "LISTEN": ",".join([f"127.0.0.1:{port}", *listen]), "ADMIN_LISTEN": f"127.0.0.1:{admin}",
            "JOURNAL": journal or directory / "journal", **(settings or {}),
        })
        command = [options.binary("ecryptopayd"), "serve", "--env-file", configuration.path]
        with running(command, lambda: is_well(port), environment={}) as process:
            yield Daemon(process, port, admin, configuration)


# Starting on a journal


@dataclasses.dataclass(frozen=True)
class Start:
    """From exec to READY=1."""
    seconds: float
    anonymous: float  # MiB of memory by then
    processor: float  # seconds by then


def start(options, journal, kill=True):
    """Starts the daemon on a journal, and ends it by a kill, or cleanly, which leaves a checkpoint."""
    with socket_directory() as directory, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(f"{directory}/notify")
        variables = environment({**SETTINGS, "LISTEN": "127.0.0.1:0", "ADMIN_LISTEN": "off", "JOURNAL": journal})
        variables["NOTIFY_SOCKET"] = f"{directory}/notify"
        began = time.monotonic()
        process = subprocess.Popen([options.binary("ecryptopayd"), "serve"], env=variables, stderr=subprocess.DEVNULL)
        try:
            wait_for_ready(notify, process)
            seconds = time.monotonic() - began
            return Start(seconds, memory(process.pid)[1], processor(process.pid))
        finally:
            if kill:
                process.kill()
            end(process)


def wait_for_ready(notify, process):
    # Only to see now and then whether it still runs.
    notify.settimeout(5)
    while True:
        with contextlib.suppress(TimeoutError):
            if b"READY=1" in notify.recv(4096):
                return
        if process.poll() is not None:
            raise CannotRun(f"the daemon does not start on the journal, it ended with {process.returncode}")


def generate(options, journal, settled, waiting=1):
    """A journal as the daemon writes it, with two records for each settled payment, and one for each that waits."""
    subprocess.run([options.binary("JournalBenchmark"), "generate", journal, str(settled), str(waiting)], check=True)


def forget_checkpoint(journal):
    (journal / "checkpoint").unlink(missing_ok=True)


# The sandbox


def call(connection, method, path, body=None, fields=None):
    connection.request(
        method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json", **(fields or {})})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise CannotRun(f"{method} {path} is answered {answer.status}: {content[:200]}")
    return json.loads(content)


class Sandbox:
    """ecryptopay's stand-in, and its client."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/api/v1"
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.states = 0
        token = self.post("/api/v1/oauth/token", {
            "grant_type": "password", "email": ACCOUNT["EMAIL"], "password": ACCOUNT["PASSWORD"],
            "client_id": ACCOUNT["CLIENT_ID"], "client_secret": ACCOUNT["CLIENT_SECRET"]})["access_token"]
        self.bearer = {"Authorization": f"Bearer {token}"}

    def post(self, path, body, fields=None):
        return call(self.connection, "POST", path, body, fields)

    def create(self, count):
        for _ in range(count):
            self.post("/api/v1/payments/", {"amount": "150.00", "currency": "btc"}, self.bearer)

    def payments(self):
        return call(self.connection, "GET", "/api/v1/payments", fields=self.bearer)

    def change(self, count):
        """Gives the first so many payments a state that they have not had."""
        # The connection may have been idle for too long.
        self.connection.close()
        self.states += 1
        for number in range(1, count + 1):
            self.post(f"/sandbox/payments/{number}/state", {"state": f"state {self.states}"})


@contextlib.contextmanager
def sandbox(options):
    port = free_port()
    command = [options.binary("ecryptopayd"), "sandbox", "--listen", f"127.0.0.1:{port}"]
    with running(command, lambda: listens(port), environment(ACCOUNT)):
        yield Sandbox(port)
