"""The tables of docs/contract.md that follow from the code, and the command that puts them there.

`python -m liftward_wire.contract_tables docs/contract.md` rewrites what stands between
`<!-- generated: NAME -->` and `<!-- end -->`; a test fails when the page is stale.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from liftward_wire import bacnet_lift, gbt24476, messages, regional
from liftward_wire.code_table import Code, StateMap
from liftward_wire.codes import gbt24476_code
from liftward_wire.consistency import YEAR_FIRST, YEAR_LAST
from liftward_wire.rejection import MEANINGS
from liftward_wire.signals import COUNTER_MAX, SIGNALS, SignalType

_BLOCK = re.compile(r"(<!-- generated: ([a-z0-9-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table of a page."""
    head = list(heads)
    lines = [head, ["---"] * len(head), *([str(cell) for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _signals() -> str:
    types = {
        SignalType.FLOAT: "number",
        SignalType.COUNT: "whole number",
        SignalType.STATE: "word",
    }
    rows = (
        (
            f"`{signal.name}`",
            types[signal.type],
            signal.allowed if signal.states is None else "see below",
            signal.purpose,
        )
        for signal in SIGNALS
    )
    return table(("field", "type", "allowed", "what it says"), rows)


def _states() -> str:
    words = {
        signal.name: ", ".join(f"`{state}`" for state in signal.states)
        for signal in SIGNALS
        if signal.states is not None
    }
    return table(("field", "words"), ((f"`{name}`", text) for name, text in words.items()))


def _limits() -> str:
    return table(
        ("limit", "value"),
        (
            ("bytes in one message", f"{messages.PAYLOAD_BYTES_MAX:,}"),
            ("rows in one batch", f"{messages.BATCH_ROWS_MAX:,}"),
            ("lifts in one edge's batch", f"{messages.BATCH_LIFTS_MAX:,}"),
            ("`offset_ms`", f"0 to {messages.OFFSET_MS_MAX:,} (one day)"),
            ("bytes of `extension`, as compact JSON", f"{messages.EXTENSION_BYTES_MAX:,}"),
            ("objects and lists within one another in `extension`", messages.EXTENSION_DEPTH_MAX),
            ("characters in a text field", "200, no control characters"),
            ("names in a birth's `signals`", messages.SIGNAL_NAMES_MAX),
            ("`boot_id`, `sequence`", f"0 to {COUNTER_MAX} (2⁵³ - 1)"),
            ("years of every time", f"{YEAR_FIRST} to {YEAR_LAST}"),
        ),
    )


def _reasons() -> str:
    return table(
        ("reason", "what it means"), ((f"`{reason}`", text) for reason, text in MEANINGS.items())
    )


def _codes(rows: Iterable[Code]) -> str:
    return table(
        ("code", "class", "meaning", "含义"),
        ((f"`{row.code}`", row.code_class, row.meaning_en, row.meaning_zh) for row in rows),
    )


def _bacnet_faults() -> str:
    return table(
        ("code", "meaning", "含义", "same as GB/T 24476-2017"),
        (
            (
                f"`{row.code}`",
                row.meaning_en,
                row.meaning_zh,
                gbt24476_code(bacnet_lift.VOCABULARY, row.code) or "none",
            )
            for row in bacnet_lift.CODES
        ),
    )


def _regional_codes(vocabulary: str, rows: Iterable[Code]) -> str:
    return table(
        ("code", "class", "meaning", "含义", "same as GB/T 24476-2017"),
        (
            (
                f"`{row.code}`",
                row.code_class,
                row.meaning_en,
                row.meaning_zh,
                gbt24476_code(vocabulary, row.code) or "none",
            )
            for row in rows
        ),
    )


def _state_maps(maps: Mapping[str, StateMap[Any]]) -> str:
    return table(
        ("value there", "number", "our word", "back"),
        (
            (f"{title}: {name}", code, f"`{mapping.state(code)}`", _back(mapping, code))
            for title, mapping in maps.items()
            for code, name in mapping.names.items()
        ),
    )


def _back(mapping: StateMap[Any], code: int) -> str:
    return "no" if code in mapping.folded else "yes"


BLOCKS: Mapping[str, Callable[[], str]] = {
    "signals": _signals,
    "states": _states,
    "limits": _limits,
    "reasons": _reasons,
    "gbt24476-codes": lambda: _codes(gbt24476.CODES),
    "gbt24476-states": lambda: _state_maps(
        {"service mode": gbt24476.SERVICE_MODE, "direction": gbt24476.DIRECTION}
    ),
    "regional-a-codes": lambda: _regional_codes(regional.VOCABULARY_A, regional.CODES_A),
    "regional-b-codes": lambda: _regional_codes(regional.VOCABULARY_B, regional.CODES_B),
    "bacnet-faults": _bacnet_faults,
    "bacnet-states": lambda: _state_maps(
        {
            "Car_Mode": bacnet_lift.CAR_MODE,
            "Car_Door_Status": bacnet_lift.DOOR_STATUS,
            "Car_Moving_Direction": bacnet_lift.CAR_DIRECTION,
            "Passenger_Alarm": bacnet_lift.PASSENGER_ALARM,
            "Car_Door_Zone": bacnet_lift.CAR_DOOR_ZONE,
        }
    ),
}


def refreshed(page: str, blocks: Mapping[str, Callable[[], str]] = BLOCKS) -> str:
    """Return the page with every generated block as the code has it now.

    Raises
    ------
    KeyError
        When the page marks a block that no generator is named for.
    """
    return _BLOCK.sub(lambda found: found[1] + blocks[found[2]]() + found[3], page)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(refreshed(path.read_text("utf-8")), "utf-8")
