"""What one run was asked for, and where things are."""
import dataclasses, os, pathlib, shutil

from .notes import CannotRun

here = pathlib.Path(__file__).resolve().parent.parent
root = here.parent.parent

# The Debian package of each program that a section may need.
PACKAGES = {"wrk": "wrk", "nginx": "nginx-light", "go": "golang-go"}


@dataclasses.dataclass(frozen=True)
class Options:
    rounds: int
    seconds: int
    build: pathlib.Path
    artifacts: pathlib.Path
    full: bool
    quick: bool

    def count(self, number):
        """So many of something; a fiftieth when the suite is only tried out."""
        return number // 50 if self.quick else number

    def binary(self, name):
        path = self.build / name
        if not path.exists():
            raise CannotRun(f"{path} is not there: swift build -c release --static-swift-stdlib")
        return str(path)


def program(name):
    """Where an installed program is, or nothing. Debian has nginx where only root looks."""
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")


def needed(name):
    path = program(name)
    if not path:
        raise CannotRun(f"{name} is missing: deploy/packages {PACKAGES[name]}")
    return path
