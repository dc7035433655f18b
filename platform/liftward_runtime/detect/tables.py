"""Result to tables: lines for a terminal, Markdown for the page. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

Figures = Mapping[str, Any]


def summary_lines(result: Figures) -> list[str]:
    """Return what a person reads at the end of a run."""
    head = [
        (
            f"{result['lift_days']:,.0f} lift-days, {result['true_entrapments']:,} true"
            f" entrapments, {result['samples']:,} samples, {result['seconds']:.0f} s"
        ),
        "",
        f"{'':<28}{'recall':>9}{'false/1000':>12}{'P50 s':>8}{'P90 s':>8}{'P99 s':>8}",
    ]
    groups = {"full": result, **result["by_sensor_set"], **result["by_scenario"]}
    lines = [_line(name, figures) for name, figures in groups.items()]
    beside = [_line("full, timers", result["baseline"])]
    targets = [f"{name}: {'holds' if held else 'DOES NOT HOLD'}" for name, held in
               result["targets"].items()]  # fmt: skip
    return [*head, lines[0], *beside, "", *lines[1:], "", *targets]


def _line(name: str, figures: Figures) -> str:
    times = figures["time_to_probable_s"]
    cells = [
        _percent(figures["recall_probable"]),
        _number(figures["false_probable_per_1000_lift_days"], 2),
        *(_number(times[key], 1) for key in ("p50", "p90", "p99")),
    ]
    widths = (9, 12, 8, 8, 8)
    return f"{name:<28}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)
    )


def headline_table(result: Figures) -> str:
    """Return the figures of the full sensor set, both methods, with intervals and targets."""
    baseline = result["baseline"]
    times, timers = result["time_to_probable_s"], baseline["time_to_probable_s"]

    def row(name: str, target: str, ours: str, theirs: str) -> list[str]:
        return [name, target, ours, theirs]

    rows = [
        row(
            "recall at `probable` or above",
            "≥ 99.9 %",
            _with_interval(result, "recall_probable", _percent),
            _with_interval(baseline, "recall_probable", _percent),
        ),
        row(
            "false `probable` per 1,000 lift-days",
            "≤ 0.1",
            _false(result),
            _false(baseline),
        ),
        *(
            row(
                f"time to `probable`, {name.upper()}, s",
                target,
                _time(times, name),
                _time(timers, name),
            )
            for name, target in (("p50", "< 15"), ("p90", ""), ("p99", "< 60"))
        ),
    ]
    return markdown(["", "to reach", "Liftward", "fixed timers"], rows)


def level_table(result: Figures) -> str:
    """Return recall and times by level."""
    rows = [
        [
            level,
            _with_interval(figures, "recall", _percent),
            *(_time(figures["time_s"], name) for name in ("p50", "p90", "p99")),
        ]
        for level, figures in result["levels"].items()
    ]
    return markdown(["level", "recall", "P50, s", "P90, s", "P99, s"], rows)


def group_table(groups: Mapping[str, Figures], first: str, *, false: bool) -> str:
    """Return one line for each group and both methods side by side."""
    header = [first]
    if false:
        header.append("lift-days")
    header += ["entrapments", "recall", "timers"]
    if false:
        header += ["false / 1,000 lift-days", "timers"]
    header += ["P50 / P99, s", "timers"]
    rows = []
    for name, figures in groups.items():
        baseline = figures["baseline"]
        row = [name]
        if false:
            row.append(f"{figures['lift_days']:,.0f}")
        row += [
            f"{figures['true_entrapments']:,}",
            _with_interval(figures, "recall_probable", _percent),
            _percent(baseline["recall_probable"]),
        ]
        if false:
            row += [
                _false(figures),
                _number(baseline["false_probable_per_1000_lift_days"], 2),
            ]
        row += [_both_times(figures), _both_times(baseline)]
        rows.append(row)
    return markdown(header, rows)


def apart_table(groups: Mapping[str, Figures]) -> str:
    """Return the entrapments that do not count, by part: how many, and how many were found."""
    kinds = list(next(iter(groups.values()))["apart"])
    rows = [
        [
            name,
            *(
                f"{figures['apart'][kind]['count']} ({figures['apart'][kind]['found_probable']})"
                if figures["apart"][kind]["count"]
                else ""
                for kind in kinds
            ),
        ]
        for name, figures in groups.items()
        if any(figures["apart"][kind]["count"] for kind in kinds)
    ]
    return markdown(["part", *(f"{kind} (found)" for kind in kinds)], rows)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = [
        f"| {' | '.join(header)} |",
        f"|{'---|' * len(header)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _with_interval(figures: Figures, name: str, shown: Any) -> str:  # noqa: ANN401 - a function
    low, high = figures[f"{name}_interval"]
    value = figures[name]
    if value is None:
        return "–"
    return f"{shown(value)} ({shown(low)} to {shown(high)})"


def _false(figures: Figures) -> str:
    value = figures["false_probable_per_1000_lift_days"]
    if value is None:
        return "–"
    low, high = figures["false_probable_interval"]
    return f"{_number(value, 2)} ({_number(low, 2)} to {_number(high, 2)})"


def _time(times: Figures, name: str) -> str:
    if times[name] is None:
        return "never"
    low, high = times[f"{name}_interval"]
    return f"{_number(times[name], 1)} ({_number(low, 1)} to {_number(high, 1)})"


def _both_times(figures: Figures) -> str:
    times = figures["time_to_probable_s"]
    if not figures["true_entrapments"]:
        return "–"
    return f"{_number(times['p50'], 1)} / {_number(times['p99'], 1)}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.2f} %"


def _number(value: float | None, digits: int) -> str:
    return "never" if value is None else f"{value:,.{digits}f}"
