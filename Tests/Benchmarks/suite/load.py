"""Load by wrk, in rounds that take turns."""
import contextlib, dataclasses, itertools, os, re, statistics, subprocess, time

from .notes import CannotRun, say
from .options import here, needed
from .processes import processor

# No two rounds of a run report the same payment, so that nothing is covered by what came before.
first_ids = itertools.count(1_000_000_000, 1_000_000_000)


@dataclasses.dataclass(frozen=True)
class Round:
    """What wrk saw in one round."""
    acknowledged: int
    failed: int
    seconds: float
    p50: float  # in ms, like the next
    p99: float
    processor: float = 0.0  # seconds that the server spent

    @property
    def rate(self):
        return self.acknowledged / self.seconds

    @property
    def each(self):
        """Microseconds of processor time for each webhook that was acknowledged."""
        return self.processor / max(1, self.acknowledged) * 1e6


@contextlib.contextmanager
def started(subject, connections, seconds, body_bytes=0, requests=0, before=()):
    """wrk at work, until it has sent so many requests if that is told; `before` stands before its command line."""
    command = [*before, needed("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "-s", f"{here}/report.lua",
               f"http://{subject.address}/hook"]
    environment = {
        **os.environ, "FIRST_ID": str(next(first_ids)), "BODY_BYTES": str(body_bytes), "REQUESTS": str(requests)}
    process = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def result(process, spent=lambda: 0.0):
    output, complaints = process.communicate()
    found = re.search(r"RESULT (.*)", output)
    if not found:
        raise CannotRun(f"wrk tells no result: {(complaints or output).strip()[-500:]}")
    requests, microseconds, p50, p99, refused, broken = map(int, found.group(1).split())
    return Round(requests - refused, refused + broken, microseconds / 1e6, p50 / 1000, p99 / 1000, spent())


def load(subject, connections, seconds, body_bytes=0):
    """One round of reports of payments never seen before, to a subject, which has an address and a pid."""
    before = processor(subject.pid)
    with started(subject, connections, seconds, body_bytes) as process:
        return result(process, lambda: processor(subject.pid) - before)


def amid_load(subject, connections, seconds, look):
    """What `look` returns in the middle of a round."""
    with started(subject, connections, seconds) as process:
        time.sleep(seconds / 2)
        seen = look()
        result(process)
        return seen


def interleaved(what, turns, rounds):
    """What each of the turns, functions by name, returns in each round. Each has one before any has the next, so that a machine
    that grows slower meanwhile does so for all of them."""
    results = {name: [] for name in turns}
    for number in range(rounds):
        for name, turn in turns.items():
            say(f"{what}, round {number + 1} of {rounds}: {name}")
            results[name].append(turn())
    return results


def median(results, value):
    return statistics.median(map(value, results))
