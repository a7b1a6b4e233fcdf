"""How the reports draw: one palette, one style, plots as SVG to be put into a page."""

from __future__ import annotations

import io
import re
from typing import Any, Callable, TypedDict

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

matplotlib.use("svg")

INK, MUTED, GRID = "#1f2933", "#52606d", "#e4e7eb"
BLUE, TEAL, AMBER, RED, GREY = "#2563a8", "#0f8b8d", "#c77700", "#b3261e", "#7b8794"
THOUSANDS = StrMethodFormatter("{x:,.0f}")
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: it can be selected, and the page stays small
    "svg.hashsalt": "report",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
}


class Drawn(TypedDict):
    """A plot with its title, and in words what it shows."""

    title: str
    alt: str
    svg: str


def svg(name: str, plot: Callable[[Axes], None], wide: bool = False) -> str:
    """Return what `plot` draws; `name` is unique in the page. A wide plot spans two columns of it."""
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(9.0, 2.9) if wide else (4.6, 3.0), layout="constrained")
        axes = figure.add_subplot()
        plot(axes)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _embeddable(file.getvalue(), name)


def alone(drawn: Drawn) -> str:
    """Return a plot as a file of its own, readable on a dark page, too."""
    return drawn["svg"].replace("<svg ", '<svg style="background: #fff" ', 1)


def _embeddable(svg: str, name: str) -> str:
    """Return the drawing without file header, its ids made unique in the page, its size left to the page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = svg.replace('href="#', f'href="#{name}-').replace("url(#", f"url(#{name}-")
    svg = re.sub(r"font: ([^;\"]*)'DejaVu Sans'[^;\"]*", r"font: \1system-ui, sans-serif", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)
