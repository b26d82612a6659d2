"""What the suite tells while it runs: its standard output is the table's alone."""
import sys

notes = []


class CannotRun(Exception):
    """A section could not measure at all; says why, and what helps."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def note(text):
    """Something was left out, or has to be known to read the figures: said at once, and again below the table."""
    say(text)
    notes.append(text)
