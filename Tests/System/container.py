"""A Debian in a container of its own, with systemd as its first process and no network but loopback."""
import hashlib, os, shutil, signal, subprocess, time

packages = (
    "systemd,systemd-sysv,dbus,nginx-light,ca-certificates,curl,"
    # What the package under test depends on: there is no network to fetch it from later.
    "libcurl4,libpq5,libqrencode4,libsystemd0,libstdc++6"
)
suite = "bookworm"


class Failure(Exception):
    """A step did not come out as it must."""


def until(what, condition, seconds=120):
    """Asks again and again, until the answer is not false; then gives it."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return answer


def base():
    """A freshly installed system, made once and kept."""
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "ecryptopayd")
    name = f"{suite}-{hashlib.sha256(packages.encode()).hexdigest()[:12]}"
    path = os.path.join(cache, name)
    if os.path.isdir(path):
        return path
    os.makedirs(cache, exist_ok=True)
    partial = f"{path}.{os.getpid()}"
    command = ["debootstrap", "--variant=minbase", f"--include={packages}", suite, partial, mirror()]
    try:
        with open(f"{partial}.log", "w") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log)
        os.rename(partial, path)
        os.remove(f"{partial}.log")
    except subprocess.CalledProcessError:
        with open(f"{partial}.log") as log:
            raise Failure("debootstrap: " + "".join(log.readlines()[-10:]))
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return path


def mirror():
    """Where this machine has its own packages from."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(COMPONENT) $(SITE)", "Created-By: Packages"],
        capture_output=True, text=True).stdout.splitlines()
    sites = [line.split()[2] for line in targets if line.startswith(f"{suite} main ")]
    return sites[0] if sites else "http://deb.debian.org/debian"


class Container:
    """One boot after another of a copy of the base system."""

    def __init__(self, directory, binds):
        self.root = os.path.join(directory, "root")
        self.log = os.path.join(directory, "console")
        self.binds = binds
        self.process = None
        self.leader = None
        subprocess.run(["cp", "-a", base(), self.root], check=True)
        # So that the log outlives a reboot.
        os.makedirs(self.path("/var/log/journal"), exist_ok=True)

    def path(self, inside):
        return self.root + inside

    def write(self, inside, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(inside)), exist_ok=True)
        with open(self.path(inside), "w") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)

    def read(self, inside):
        with open(self.path(inside), errors="surrogateescape") as file:
            return file.read()

    def boot(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                # Told to shut down when whoever started it is gone.
                ["setpriv", "--pdeathsig", "TERM", "systemd-nspawn", "--quiet", "--register=no", "--keep-unit",
                 "--boot", f"--directory={self.root}", f"--machine=ecryptopayd-{os.getpid()}",
                 "--hostname=shop", "--private-network", "--link-journal=no", "--resolv-conf=off", "--timezone=off",
                 *(f"--bind={outside}:{inside}" for outside, inside in self.binds)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.await_boot()

    def await_boot(self, after=None):
        """Waits until another first process than `after` runs, and all units have started."""
        self.leader = until("the container's first process", lambda: self.first_process(after))
        until("the system is up", lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip()
              in ("running", "degraded"))

    def first_process(self, after):
        if self.process.poll() is not None:
            raise Failure(f"the container ended with {self.process.returncode}: {open(self.log).read()[-2000:]}")
        try:
            with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
                for pid in map(int, file.read().split()):
                    with open(f"/proc/{pid}/status") as status:
                        numbers = [line.split()[1:] for line in status if line.startswith("NSpid:")]
                    if pid != after and numbers and len(numbers[0]) > 1 and numbers[0][-1] == "1":
                        return pid
        except FileNotFoundError:
            pass
        return None

    def run(self, *command, check=True, input=None, timeout=180):
        """Runs a command inside; its output is text."""
        result = subprocess.run(
            ["nsenter", f"--target={self.leader}", "--all", "env", "-i", "LC_ALL=C.UTF-8", "HOME=/root",
             "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "SYSTEMD_PAGER=",
             "DEBIAN_FRONTEND=noninteractive", *command],
            capture_output=True, text=True, errors="surrogateescape", input=input, timeout=timeout)
        if check and result.returncode != 0:
            raise Failure(f"{' '.join(command)}: {result.returncode}: {result.stdout}{result.stderr}")
        return result

    def show(self, unit, name):
        """A property of a unit."""
        return self.run("systemctl", "show", "--value", "-p", name, unit).stdout.strip()

    def log_of(self, *matches):
        """What the system's log says, a message a line."""
        return self.run("journalctl", "--no-pager", "-q", "-o", "cat", *matches, check=False).stdout

    def processes(self):
        """The processes inside: number here, number there."""
        space = os.readlink(f"/proc/{self.leader}/ns/pid")
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{name}/ns/pid") != space:
                    continue
                with open(f"/proc/{name}/status") as file:
                    yield int(name), int(next(line for line in file if line.startswith("NSpid:")).split()[-1])
            # Gone meanwhile, or of a kind that even root may not look at, and so none of the container's.
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue

    def pid_here(self, inside):
        return next(here for here, there in self.processes() if there == int(inside))

    def reboot(self):
        before = self.leader
        self.run("systemctl", "reboot", check=False)
        until("the system went down", lambda: not os.path.exists(f"/proc/{before}") or self.process.poll() is not None)
        # With --keep-unit the container ends with this code, and whoever started it is to start it again.
        if until("it came up again, or wants to be", lambda: self.process.poll() or self.first_process(before)) == 133:
            self.boot()
        else:
            self.await_boot(after=before)

    def end(self):
        """Ends whatever runs inside; nothing of it is to be kept."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            if self.leader:
                os.kill(self.leader, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
