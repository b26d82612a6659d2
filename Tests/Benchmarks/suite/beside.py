"""The daemon beside its peers: the same load for each in turn, and the same figures of each."""
from .figures import OWN, compared
from .load import interleaved, load, median

MEASURES = (
    ("rate", "/s", "higher", lambda round: round.rate),
    ("p50", "ms", "lower", lambda round: round.p50),
    ("p99", "ms", "lower", lambda round: round.p99),
)
PROCESSOR_TIME = "processor time each", "µs", "lower", lambda round: round.each


def beside(section, subjects, connections, options, more=()):
    """Figures of all subjects, which have an address and a pid."""
    turns = {
        name: lambda subject=subject: load(subject, connections, options.seconds) for name, subject in subjects.items()
    }
    results = interleaved(f"{section}, {connections} connections", turns, options.rounds)
    figures = []
    for what, unit, better, value in [*MEASURES, *more]:
        medians = {name: median(rounds, value) for name, rounds in results.items()}
        figures += compared(section, f"{what} at {connections}", medians, unit, better)
    # A failure in one round of three would not show in a median.
    failed = {name: sum(round.failed for round in rounds) for name, rounds in results.items()}
    told = {name: count for name, count in failed.items() if count or name == OWN}
    return figures + compared(section, f"not acknowledged at {connections}", told, "", "lower")
