"""What a gateway's firmware makes of a happening: its code list, and what it cannot say.

Knows code lists. Must not know who is connected or what time it is.
"""

from dataclasses import replace

from liftward_simulator.devices.gateway_types import GatewayArrays
from liftward_simulator.faults.controller import Happening
from liftward_wire import gbt24476, regional
from liftward_wire.codes import code_of_gbt24476
from liftward_wire.messages import EventKind

# Firmware that calls another list's number national pads it to the two digits that look right.
_MISLABELLED_LIST = regional.VOCABULARY_B
_DIGITS_COUNT = 2
# Events that a gateway can tell only when it sees the signal.
_NEED_CODE = frozenset((EventKind.FAULT_RAISED, EventKind.FAULT_CLEARED))
_NEEDED_SIGNAL = {EventKind.DOOR_RETRY: "car_door", EventKind.MODE_CHANGED: "service_mode"}


def said(
    happening: Happening, gateways: GatewayArrays, vocabulary: str, *, mislabels: bool
) -> tuple[Happening, str] | None:
    """Return what the firmware says, with the vocabulary it names, or None: it cannot say it.

    Parameters
    ----------
    happening : Happening
        With a national code, if any.
    vocabulary : str
        The list that the lift's firmware has.
    mislabels : bool
        Whether it sends regional numbers under the national name instead.
    """
    lift, code = happening.lift, happening.code
    needed = _NEEDED_SIGNAL.get(happening.kind)
    if needed is not None and not gateways.sees[needed][gateways.type_of[lift]]:
        return None
    named = gbt24476.VOCABULARY if mislabels else vocabulary
    if code is not None and gateways.tells_code(lift, code):
        code = _mislabelled(code) if mislabels else code_of_gbt24476(vocabulary, code)
    else:
        code = None
    if code is None and happening.kind in _NEED_CODE:
        return None
    return replace(happening, code=code), named


def _mislabelled(code: str) -> str | None:
    number = code_of_gbt24476(_MISLABELLED_LIST, code)
    return None if number is None else number.zfill(_DIGITS_COUNT)
