"""Results as a table for terminals and for Markdown, and as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from results import Outcome, Spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEAD = ("work", "subject", "runs", "takes", "against", "takes", "ratio", "at most", "target")

#: How measures are called; the usual one goes without saying.
_MEASURES = {
    "wall": "",
    "cpu": ", processor time",
    "first": ", the first",
    "further": ", each further one",
    "peak": ", peak memory",
}

#: Columns of the chart; the colours are told apart by those who see few, too.
_COLUMNS = 3
_OURS, _THEIRS = "#0072b2", "#b0b0b0"


def text_table(outcomes: Sequence[Outcome]) -> str:
    """A table in columns."""
    rows = [_HEAD, *(_cells(outcome) for outcome in outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def markdown_table(outcomes: Sequence[Outcome]) -> str:
    """A table in Markdown."""
    rule = ("---",) * len(_HEAD)
    rows = [_HEAD, rule, *(_cells(outcome) for outcome in outcomes)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def misses(outcomes: Sequence[Outcome]) -> str:
    """Which rows miss their target, or could not be measured."""
    named = [outcome for outcome in outcomes if outcome.verdict in {"MISSED", "ERROR"}]
    lines = [f"{len(named)} of {len(outcomes)} rows miss their target:"] if named else []
    lines += [f"  {describe(outcome)}" for outcome in named]
    return "\n".join(lines) or "No row misses its target."


def describe(outcome: Outcome) -> str:
    """A row in a line: what was compared, what came of it, and the target; or the error."""
    against = f" against {_theirs(outcome)}" if outcome.row.theirs else ""
    title = f"{outcome.race.name}: {_ours(outcome)}{against}"
    if outcome.error:
        return f"{title}: {outcome.error}"
    return f"{title}: {_figure(outcome)}, at most {_target(outcome)}"


def _cells(outcome: Outcome) -> tuple[str, ...]:
    row = outcome.row
    return (
        _ours(outcome),
        outcome.race.about,
        str(outcome.rounds),
        _amount(outcome.ours, row.measure),
        _theirs(outcome),
        _amount(outcome.theirs, row.their_measure) if row.theirs else "-",
        _figure(outcome),
        _target(outcome),
        outcome.verdict,
    )


def _ours(outcome: Outcome) -> str:
    return outcome.row.ours.name + _MEASURES[outcome.row.measure]


def _theirs(outcome: Outcome) -> str:
    row = outcome.row
    return row.theirs.name + _MEASURES[row.their_measure] if row.theirs else "-"


def _amount(spread: Spread | None, measure: str) -> str:
    if spread is None:
        return "error"
    if measure == "peak":
        return f"{spread.median / 1e6:.0f} MB"
    if spread.median < 1:
        ms = (round(1000 * one) for one in (spread.median, spread.lower, spread.upper))
        return "{} ms ({} to {})".format(*ms)
    return f"{spread.median:.2f} s ({spread.lower:.2f} to {spread.upper:.2f})"


def _figure(outcome: Outcome) -> str:
    return "error" if outcome.figure is None else _compared(outcome, outcome.figure)


def _target(outcome: Outcome) -> str:
    at_most = outcome.row.at_most
    return "-" if at_most is None else _compared(outcome, at_most)


def _compared(outcome: Outcome, figure: float) -> str:
    if outcome.row.how == "difference":
        return f"{1000 * figure:+.0f} ms"
    if outcome.row.how == "value":
        return f"{figure / 1e6:.0f} MB"
    # Two digits, so that nothing is rounded down to its target.
    return f"{figure:.2f}"


@dataclass(frozen=True, kw_only=True)
class _Bar:
    name: str
    spread: Spread
    is_ours: bool


def draw_chart(outcomes: Sequence[Outcome], path: Path) -> None:
    """Draw a panel for each race, with a bar for each contender and the middle half of its runs."""
    # Late, for it takes long, and ``--check`` draws nothing.
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    panels = {title: bars for title, bars in _panels(outcomes).items() if bars}
    lines = -(-len(panels) // _COLUMNS)
    # The same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "speed", "font.size": 8}):
        figure = Figure(figsize=(5 * _COLUMNS, 1.9 * lines), layout="constrained")
        for place, (title, bars) in enumerate(panels.items(), start=1):
            _draw_panel(figure.add_subplot(lines, _COLUMNS, place), title, bars)
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def _panels(outcomes: Sequence[Outcome]) -> dict[str, list[_Bar]]:
    """The bars of each race that is about time, without those that stand in several rows twice."""
    panels: dict[str, dict[str, _Bar]] = {}
    for outcome in outcomes:
        if outcome.row.how == "value":
            continue
        title = f"{outcome.race.name}: {outcome.race.about}"
        bars = panels.setdefault(title, {})
        for name, spread, is_ours in (
            (_ours(outcome), outcome.ours, True),
            (_theirs(outcome), outcome.theirs, False),
        ):
            if spread:
                bars[name] = _Bar(name=name, spread=spread, is_ours=is_ours)
    return {title: list(bars.values()) for title, bars in panels.items()}


def _draw_panel(panel: Axes, title: str, bars: Sequence[_Bar]) -> None:
    medians = [bar.spread.median for bar in bars]
    around = [
        [bar.spread.median - bar.spread.lower for bar in bars],
        [bar.spread.upper - bar.spread.median for bar in bars],
    ]
    colours = [_OURS if bar.is_ours else _THEIRS for bar in bars]
    panel.barh([bar.name for bar in bars], medians, xerr=around, color=colours, capsize=2)
    panel.invert_yaxis()
    panel.set_xlim(left=0)
    panel.set_xlabel("seconds")
    panel.set_title(title, loc="left", fontweight="bold")
    panel.spines[["top", "right"]].set_visible(False)
