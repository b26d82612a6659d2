"""Draws what sections/scale.py found, which it gets on its standard input: plot.py FILE.svg

Run by the Python that has matplotlib. A column for each thing that grows, a row for each figure; and the same as FILE.png.
"""
import json, pathlib, sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

HUE, INK, FAINT = "#1f5fa8", "#333333", "#e4e4e4"

# A figure of a point, what it is called, and what its values are multiplied by for that.
ROWS = (
    ("each", "processor time of\na webhook, µs", 1),
    ("rate", "webhooks a second,\nthousands", 1 / 1000),
    ("start", "start with a\ncheckpoint, ms", 1000),
)

plt.rcParams.update({
    "font.family": "DejaVu Sans", "font.size": 9, "axes.titlesize": 10, "text.color": INK, "axes.labelcolor": INK,
    "axes.edgecolor": "#888888", "xtick.color": INK, "ytick.color": INK, "figure.facecolor": "white",
    # The same figures make the same file.
    "svg.hashsalt": "scale",
})


def panel(axes, points, value, factor):
    places = [point["x"] for point in points]
    values = [point[value] * factor for point in points]
    axes.set_xscale("log")
    axes.plot(places, values, color=HUE, linewidth=1.6, marker="o", markersize=4)
    axes.set_xticks(places, labels(points))
    axes.minorticks_off()
    axes.margins(x=0.08)
    # From nothing, so that what does not grow looks so.
    axes.set_ylim(0, max(values) * 1.15)
    axes.yaxis.set_major_locator(plt.MaxNLocator(5))
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(length=3)
    axes.tick_params(axis="x", pad=11)
    for label in axes.get_xticklabels():
        label.set_verticalalignment("baseline")


def labels(points):
    """Of all points but those that stand too near to the next."""
    texts = [point["label"].replace(",000,000", "M").replace(",000", "k") for point in points]
    for index, (point, after) in enumerate(zip(points, points[1:])):
        if after["x"] < 3 * point["x"]:
            texts[index] = ""
    return texts


def draw(columns, caption):
    figure, grid = plt.subplots(len(ROWS), len(columns), figsize=(12, 6.6), squeeze=False)
    for row, (value, name, factor) in enumerate(ROWS):
        is_first = True
        for axes, column in zip(grid[row], columns):
            if not column["points"] or column["points"][0][value] is None:
                axes.set_axis_off()
                continue
            panel(axes, column["points"], value, factor)
            if is_first:
                axes.set_ylabel(name)
            is_first = False
    for axes, column in zip(grid[0], columns):
        axes.set_title(column["title"], loc="left", pad=10)
    figure.align_ylabels(grid[:, 0])
    figure.suptitle("What a durably acknowledged webhook costs", x=0.012, ha="left", fontsize=13)
    figure.tight_layout(rect=(0, 0, 1, 0.985), h_pad=2, w_pad=2)
    # Where no panel is: a start depends neither on connections nor on bodies.
    figure.text(0.012, 0.03, caption, ha="left", va="bottom", fontsize=8.5, linespacing=1.5, color="#666666")
    return figure


def main():
    target = pathlib.Path(sys.argv[1])
    figure = draw(**json.load(sys.stdin))
    figure.savefig(target, metadata={"Date": None})
    figure.savefig(target.with_suffix(".png"), dpi=100)


main()
