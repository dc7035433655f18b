"""The tables of docs/fault-catalogue.md, from the catalogue, and the command that puts them there.

`python -m liftward_platform.faults.catalogue_page docs/fault-catalogue.md`; a test fails when the
page is stale.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from liftward_detection.catalogue import CATALOGUE
from liftward_detection.catalogue_bacnet import BACNET_DERIVED
from liftward_wire.bacnet_lift import CODES
from liftward_wire.contract_tables import refreshed, table

_NONE = "–"


def _kinds() -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for kind, facts in CATALOGUE.items():
            derived = _NONE
            if facts.derived_en is not None:
                derived = f"{facts.derived_en} / {facts.derived_zh}"
            yield (
                f"`{kind}`",
                f"{facts.name_en} / {facts.name_zh}",
                facts.category,
                facts.severity,
                facts.responsible,
                facts.gb_code or _NONE,
                _NONE if facts.bacnet_fault is None else str(facts.bacnet_fault),
                f"`{facts.measures}`" if facts.measures else _NONE,
                derived,
            )

    heads = ("kind", "name", "category", "severity", "points to", "GB/T", "BACnet", "measures")
    return table((*heads, "derived when"), rows())


def _bacnet() -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for code in CODES:
            kind, why = BACNET_DERIVED[int(code.code)]
            shown = _NONE if kind is None else f"`{kind}`"
            yield code.code, f"{code.meaning_en} / {code.meaning_zh}", shown, why

    return table(("value", "name", "derived as", "how far, or why not"), rows())


BLOCKS: Mapping[str, Callable[[], str]] = {"kinds": _kinds, "bacnet": _bacnet}


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(refreshed(path.read_text("utf-8"), BLOCKS), "utf-8")
