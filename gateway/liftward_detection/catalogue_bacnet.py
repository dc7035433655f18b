"""Which BACnetLiftFault the signals allow to derive, and why the others cannot be. Pure data."""

from types import MappingProxyType

from liftward_detection.kinds import DetectionKind

_K = DetectionKind

# By number: the kind it is derived as, or None, and why.
BACNET_DERIVED: MappingProxyType[int, tuple[DetectionKind | None, str]] = MappingProxyType(
    {
        0: (_K.CONTROLLER_FAULT, "only a controller that has fallen silent; others it must report"),
        1: (None, "a drive that trips looks like any hard stop: GB 04 and GB 08 are derived"),
        2: (None, "the chain does not say which device opened it: overspeed with GB 01 is derived"),
        3: (_K.OVERRUN_BOTTOM, "past a terminal landing, as far as the position tells"),
        4: (None, "loss of mains is GB 41, which is no fault of the lift's supply"),
        5: (None, "no signal tells the interlocks apart from the rest of the chain: GB 01"),
        6: (_K.GB_02, "the same as GB 02"),
        7: (_K.GB_03, "the same as GB 03"),
        8: (_K.GB_04, "the same as GB 04"),
        9: (_K.STUCK_CAR_CALL, "car calls; landing calls are no signal of a sample"),
        10: (None, "seen as GB 08: why a start fails no signal tells"),
        11: (None, "no signal: the controller without supply is GB 41, or silent"),
        12: (None, "no signal: a controller tests itself"),
        13: (_K.GB_06, "the same as GB 06"),
        14: (_K.GB_07, "only when the position jumps: a controller that stops in doubt is GB 04"),
        15: (_K.MOTOR_OVERHEATING, "the motor's winding; the inverter's own heat is no signal"),
        16: (None, "a load cell that drifts or sticks is device health, not a lift fault"),
    }
)
