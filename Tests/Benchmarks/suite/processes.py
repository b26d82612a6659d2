"""Programs under measurement: started, waited for, ended, and what they take of memory and processors."""
import contextlib, http.client, os, pathlib, re, resource, socket, subprocess, tempfile, time

from .notes import CannotRun
from .options import needed


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def scratch(options):
    """A directory for journals. It lies beside the build, not in /tmp, which may be memory, where a sync costs nothing."""
    options.artifacts.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="scratch-", dir=options.artifacts) as directory:
        yield pathlib.Path(directory)


@contextlib.contextmanager
def socket_directory():
    """A directory with a short name: a Unix socket's path has 107 bytes at most."""
    with tempfile.TemporaryDirectory(prefix="ecryptopayd-bench-") as directory:
        yield pathlib.Path(directory)


@contextlib.contextmanager
def running(arguments, is_ready, environment=None):
    """A program, from when it is ready until it has been ended; what it complains of is told if it never is ready."""
    with tempfile.TemporaryFile() as complaints:
        arguments = [str(argument) for argument in arguments]
        process = subprocess.Popen(arguments, env=environment, stdin=subprocess.DEVNULL, stdout=complaints, stderr=complaints)
        try:
            try:
                wait_until(f"{arguments[0]} is not ready", is_ready, process)
            except CannotRun as fault:
                complaints.seek(0)
                raise CannotRun(f"{fault}: {complaints.read()[-500:].decode(errors='replace').strip()}") from None
            yield process
        finally:
            end(process)


def end(process):
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(what, condition, process=None, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if process and process.poll() is not None:
            raise CannotRun(f"{what}, it ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise CannotRun(f"{what} after {seconds} seconds")
        time.sleep(0.01)


def listens(place):
    """Whether somebody accepts connections at a port of this machine, or at a Unix socket."""
    is_port = isinstance(place, int)
    with socket.socket(socket.AF_INET if is_port else socket.AF_UNIX) as probe:
        return probe.connect_ex(("127.0.0.1", place) if is_port else str(place)) == 0


def answers(port):
    """Whether there is an answer, whatever it says: some listen before they can."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/")
        return bool(connection.getresponse().status)


def open_files(count):
    """Lets the programs started from now on have so many files open, if that is allowed; whether they can."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count:
        return True
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(hard, count)))
        return True
    return False


# Memory and processor time


def tree(pid):
    """A process and all that descend from it."""
    found = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        # A thread or a child may be gone by now.
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                found += tree(int(child))
    return found


def memory(pid):
    """Proportional set size and the anonymous part of it, of a process and its descendants, in MiB."""
    total, anonymous = 0, 0
    for member in tree(pid):
        with contextlib.suppress(OSError):
            kilobytes = dict(re.findall(r"^(\w+):\s+(\d+) kB", pathlib.Path(f"/proc/{member}/smaps_rollup").read_text(), re.M))
            total += int(kilobytes.get("Pss", 0))
            anonymous += int(kilobytes.get("Pss_Anon", 0))
    return total / 1024, anonymous / 1024


def processor(pid):
    """Seconds of processor time, user and system, of a process and its descendants, those that have ended included."""
    ticks = 0
    for member in tree(pid):
        with contextlib.suppress(OSError):
            # utime, stime, and the same of the children that it has waited for.
            ticks += sum(map(int, pathlib.Path(f"/proc/{member}/stat").read_text().rsplit(") ", 1)[1].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


# nginx


NGINX = """{user}
worker_processes 1; daemon off; error_log {directory}/error.log; pid {directory}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_requests 100000000; default_type application/json;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    {upstream}
    server {{ listen 127.0.0.1:{port}; {locations} }}
}}
"""


@contextlib.contextmanager
def nginx(directory, locations, upstream=""):
    """nginx with one worker: its process and its port."""
    directory.mkdir()
    port = free_port()
    # Its worker would else be a user who may not look into the directories of the suite.
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = directory / "nginx.conf"
    configuration.write_text(
        NGINX.format(user=user, directory=directory, port=port, locations=locations, upstream=upstream))
    command = [needed("nginx"), "-c", configuration, "-e", directory / "error.log"]
    with running(command, lambda: listens(port)) as process:
        yield process, port
