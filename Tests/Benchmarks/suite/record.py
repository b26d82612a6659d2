"""The figures as a file: of each section the last run's, with when, of which commit and with which options it was."""
import dataclasses, datetime, json, os, pathlib, platform, re, subprocess

from .figures import Figure
from .options import root


def machine(directory):
    """What the figures depend on beside the program."""
    found = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    filesystem = subprocess.run(
        ["findmnt", "-n", "-o", "FSTYPE", "-T", directory], capture_output=True, text=True).stdout.strip()
    return {
        "processor": found.group(1) if found else platform.machine(), "cores": os.cpu_count(),
        "kernel": platform.release(), "filesystem": filesystem,
    }


def described(machine):
    return "{processor}, {cores} cores, Linux {kernel}, {filesystem}".format(**machine)


def commit():
    def git(*arguments):
        return subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True).stdout.strip()
    name = git("rev-parse", "--short=12", "HEAD")
    if not name:
        return "unknown commit"
    return f"{name} and changes" if git("status", "--porcelain") else name


def read(path):
    """What a run wrote; nothing if there is no such file."""
    return json.loads(path.read_text()) if path.exists() else None


def values(record):
    """Its figures by section and name."""
    return {
        (section, figure["name"]): figure["value"]
        for section, run in (record or {"sections": {}})["sections"].items() for figure in run["figures"]
    }


class Record:
    """A run's file. Of sections that it did not run it keeps what the last run on this machine found."""

    def __init__(self, options, last):
        self.machine = machine(options.artifacts)
        self.options = {"rounds": options.rounds, "seconds": options.seconds, "full": options.full, "quick": options.quick}
        self.is_comparable = bool(last) and last["machine"] == self.machine
        self.last = values(last) if self.is_comparable else {}
        self.sections = dict(last["sections"]) if self.is_comparable else {}
        self.last_sections = dict(self.sections)
        self.commit = commit()

    def add(self, section, figures: list[Figure]):
        self.sections[section] = {
            "commit": self.commit, "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            "options": self.options,
            "figures": [{key: value for key, value in dataclasses.asdict(figure).items() if key != "section"}
                        for figure in figures],
        }

    def otherwise_measured(self, sections):
        """Those that the last run measured with other options."""
        return [name for name in sections
                if name in self.last_sections and self.last_sections[name]["options"] != self.options]

    def write(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"machine": self.machine, "sections": self.sections}, indent=1, ensure_ascii=False) + "\n")
