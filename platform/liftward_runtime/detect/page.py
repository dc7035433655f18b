"""The tables and pictures of docs/detection-benchmark.md, made from the result beside it.

`python -m liftward_runtime.detect.page docs/detection-benchmark.json docs/detection-benchmark.md
docs/pictures/detection` renews them; a test fails when they differ from what the result says.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liftward_runtime.detect import tables

_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


class PageError(ValueError):
    """The page asks for a table that there is not, or lacks one."""


def blocks_of(result: Mapping[str, Any]) -> dict[str, str]:
    """Return the Markdown of each marked place."""
    return {
        "run": _run(result),
        "headline": tables.headline_table(result),
        "levels": tables.level_table(result),
        "sensor_sets": tables.group_table(result["by_sensor_set"], "sensor set", false=True),
        "scenarios": tables.group_table(result["by_scenario"], "part", false=True),
        "mechanisms": tables.group_table(result["by_mechanism"], "mechanism", false=False),
        "behaviours": tables.group_table(result["by_behaviour"], "people inside", false=False),
        "apart": tables.apart_table(result["by_scenario"]),
    }


def refreshed(page: str, result: Mapping[str, Any]) -> str:
    """Return the page with the tables of this result.

    Raises
    ------
    PageError
        When a marked place has no table, or a table no place.
    """
    blocks = blocks_of(result)
    places = [found[2] for found in _BLOCK.finditer(page)]
    if sorted(places) != sorted(blocks):
        raise PageError(f"places marked: {places}; tables: {list(blocks)}; allowed: one for each")
    return _BLOCK.sub(lambda found: found[1] + blocks[found[2]] + found[3], page)


def _run(result: Mapping[str, Any]) -> str:
    seeds = result["seeds"]
    shown = f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"{seeds[0]}"
    lines = []
    if result["quick"] or result["seeds_are_for_tuning"]:
        lines.append(
            "**Not the reported figures: a run on tuning seeds, to show what the page will hold.**"
        )
    lines.append(
        f"Seeds {shown}; {result['lift_days']:,.0f} lift-days, {result['true_entrapments']:,} true"
        f" entrapments, {result['samples']:,} samples; detector `{result['detector_version']}`,"
        f" thresholds version {result['thresholds_version']}"
        f" (SHA-256 `{result['thresholds_sha256'][:16]}…`); timers `{result['baseline_version']}`;"
        f" {result['seconds'] / 60:.0f} minutes on {result['machine']}."
    )
    return "\n\n".join(lines) + "\n"


def main(words: list[str]) -> None:
    """Renew a page and its pictures."""
    from liftward_runtime.detect.drawing import draw

    result_file, page_file, folder = map(Path, words)
    result = json.loads(result_file.read_text("utf-8"))
    page_file.write_text(refreshed(page_file.read_text("utf-8"), result), "utf-8")
    folder.mkdir(parents=True, exist_ok=True)
    draw(result, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
