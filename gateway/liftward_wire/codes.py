"""The vocabularies an event's `code` may come from, looked up by name.

Each vocabulary is a module of its own: its codes, and how its states translate into ours.
"""

from collections.abc import Mapping
from types import MappingProxyType

from liftward_wire import bacnet_lift, gbt24476, regional
from liftward_wire.code_table import Code

VOCABULARIES: Mapping[str, Mapping[str, Code]] = MappingProxyType(
    {
        gbt24476.VOCABULARY: MappingProxyType({row.code: row for row in gbt24476.CODES}),
        bacnet_lift.VOCABULARY: MappingProxyType({row.code: row for row in bacnet_lift.CODES}),
        regional.VOCABULARY_A: MappingProxyType({row.code: row for row in regional.CODES_A}),
        regional.VOCABULARY_B: MappingProxyType({row.code: row for row in regional.CODES_B}),
    }
)
_PROPRIETARY: Mapping[str, frozenset[str]] = MappingProxyType(
    {bacnet_lift.VOCABULARY: frozenset(map(str, bacnet_lift.PROPRIETARY_CODES))}
)
_TO_GBT24476: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        gbt24476.VOCABULARY: MappingProxyType({row.code: row.code for row in gbt24476.CODES}),
        bacnet_lift.VOCABULARY: bacnet_lift.GBT24476_BY_FAULT,
        regional.VOCABULARY_A: regional.GBT24476_BY_A,
        regional.VOCABULARY_B: regional.GBT24476_BY_B,
    }
)
_FROM_GBT24476: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        vocabulary: MappingProxyType({national: code for code, national in table.items()})
        for vocabulary, table in _TO_GBT24476.items()
    }
)


def is_known_code(vocabulary: str, code: str) -> bool:
    """Whether the vocabulary is one of ours and has this code, or leaves it to makers."""
    if code in VOCABULARIES.get(vocabulary, ()):
        return True
    return code in _PROPRIETARY.get(vocabulary, ())


def meaning(vocabulary: str, code: str) -> Code | None:
    """Return what a code means, or None: a maker's own code, or a code of no vocabulary here."""
    return VOCABULARIES.get(vocabulary, {}).get(code)


def gbt24476_code(vocabulary: str, code: str) -> str | None:
    """Return the GB/T 24476-2017 code that means the same, or None where there is none."""
    return _TO_GBT24476.get(vocabulary, {}).get(code)


def code_of_gbt24476(vocabulary: str, national: str) -> str | None:
    """Return the vocabulary's code that means the same as a national one, or None without one."""
    return _FROM_GBT24476.get(vocabulary, {}).get(national)
