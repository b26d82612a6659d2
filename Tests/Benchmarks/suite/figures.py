"""What is measured, how it compares with the last run, and the table that says so."""
import dataclasses

OWN = "ecryptopayd"
HEAD = "", "value", "unit", "ecryptopayd ÷ it", "last run", "change"
LEFT = "", "unit", "change"


@dataclasses.dataclass(frozen=True)
class Figure:
    section: str
    name: str
    value: float
    unit: str
    better: str | None  # "higher" or "lower"; None for what only describes the others
    ratio: float | None = None  # the same of ecryptopayd ÷ this


def compared(section, what, values, unit, better):
    """One figure for each value, by whom it is of; those of others with their ratio."""
    own = values.get(OWN)
    return [
        Figure(section, f"{what}: {name}", value, unit, better, own / value if name != OWN and own and value else None)
        for name, value in values.items()
    ]


def shown(value):
    """A count as it is; else three digits, or all those of a large number."""
    if value == 0 or isinstance(value, int):
        return f"{value:,.0f}"
    for limit, digits in (99.95, 0), (9.995, 1), (0.0995, 2), (0, 3):
        if abs(value) >= limit:
            return f"{value:,.{digits}f}"


def change(figure, last):
    """In percent since the last run; a large one with what it means."""
    if not last:
        return ""
    percent = round((figure.value / last - 1) * 100)
    if not figure.better or abs(percent) < 10:
        return f"{percent:+} %"
    return f"{percent:+} % {'better' if (percent > 0) == (figure.better == 'higher') else 'worse'}"


def table(figures, titles, last):
    """The lines of it; `last` has the last run's values by section and name."""
    rows = [HEAD]
    for figure in figures:
        before = last.get((figure.section, figure.name))
        rows.append((
            f"  {figure.name}", shown(figure.value), figure.unit, "" if figure.ratio is None else shown(figure.ratio),
            "" if before is None else shown(before), "" if before is None else change(figure, before)))
    lines = aligned(rows)
    told = [lines[0]]
    for index, figure in enumerate(figures):
        if not index or figures[index - 1].section != figure.section:
            told += ["", f"{figure.section}: {titles[figure.section]}"]
        told.append(lines[index + 1])
    return told


def aligned(rows):
    """As lines, without the columns in which nothing is."""
    columns = [[head, *cells] for head, *cells in zip(*rows) if any(cells)]
    widths = [max(map(len, column)) for column in columns]
    return [
        "  ".join(cell.ljust(width) if column[0] in LEFT else cell.rjust(width)
                  for cell, width, column in zip(row, widths, columns)).rstrip()
        for row in zip(*columns)
    ]
