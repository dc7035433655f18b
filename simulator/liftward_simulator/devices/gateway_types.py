"""The types of gateways as a validated table: what each sees, how well, how often.

The document is `gateway_types.toml` beside this module. Must not know lifts or messages.
"""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from liftward_wire import gbt24476
from liftward_wire.signals import SIGNAL_BY_NAME, SIGNALS, SignalType

FLOAT_NAMES = tuple(signal.name for signal in SIGNALS if signal.type is SignalType.FLOAT)
_NAMES = [signal.name for signal in SIGNALS]
_NATIONAL_CODES = frozenset(row.code for row in gbt24476.CODES)
_FILE_NAME = "gateway_types.toml"

_NotNegative = Annotated[float, Meta(ge=0.0)]
_Positive = Annotated[float, Meta(gt=0.0)]


class GatewayTypeError(ValueError):
    """The table of gateway types is not one: names the type, what is wrong and what is allowed."""


class Sensor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How well one number is measured, in the signal's unit."""

    noise: _NotNegative
    quantum: _Positive
    dead_band: _NotNegative


class GatewayType(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the table; see the comment at its head."""

    reason: str
    sampling_period_s: _Positive
    idle_period_s: _Positive
    coarse_doors: bool
    signals: tuple[str, ...]
    fault_codes: frozenset[str]
    sensors: dict[str, Sensor]


def gateway_types_from(text: str) -> dict[str, GatewayType]:
    """Return the table of a TOML text.

    Raises
    ------
    GatewayTypeError
        When it is none; the message says where and what is allowed.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise GatewayTypeError(f"{_FILE_NAME}: {error}") from None
    return {name: _gateway_type(name, entry) for name, entry in document.items()}


def _gateway_type(name: str, entry: object) -> GatewayType:
    try:
        gateway = msgspec.convert(entry, GatewayType)
    except msgspec.ValidationError as error:
        raise GatewayTypeError(f"{_FILE_NAME}, [{name}]: {error}") from None
    _check(name, gateway)
    return gateway


def _check(name: str, gateway: GatewayType) -> None:
    where = f"{_FILE_NAME}, [{name}]"
    unknown = [signal for signal in gateway.signals if signal not in SIGNAL_BY_NAME]
    if unknown:
        allowed = ", ".join(SIGNAL_BY_NAME)
        raise GatewayTypeError(f"{where}: {unknown[0]!r} is no signal; allowed: {allowed}")
    needed = {signal for signal in gateway.signals if signal in FLOAT_NAMES}
    if needed != gateway.sensors.keys():
        wrong = ", ".join(sorted(needed ^ gateway.sensors.keys()))
        raise GatewayTypeError(
            f"{where}: sensors must describe each number among the signals and no other: {wrong}"
        )
    if strange := sorted(gateway.fault_codes - _NATIONAL_CODES):
        allowed = ", ".join(sorted(_NATIONAL_CODES))
        raise GatewayTypeError(f"{where}: {strange[0]!r} is no national code; allowed: {allowed}")
    if gateway.idle_period_s < gateway.sampling_period_s:
        raise GatewayTypeError(
            f"{where}: idle_period_s is {gateway.idle_period_s}; allowed:"
            f" {gateway.sampling_period_s} (sampling_period_s) or more"
        )


GATEWAY_TYPES: dict[str, GatewayType] = gateway_types_from(
    files(__package__).joinpath(_FILE_NAME).read_text("utf-8")
)
DEFAULT_GATEWAY_TYPE = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayArrays:
    """The table as arrays, for lifts that each have one type.

    Attributes
    ----------
    names : tuple of str
        The types, in the order that `type_of` numbers.
    type_of : ndarray of shape (n_lifts,), int8
    sees : dict of ndarray of shape (n_types,), bool, by signal
    noise, quantum, dead_band : dict of ndarray of shape (n_types,), float64, by float signal
        1 for the quantum of what is not seen.
    """

    names: tuple[str, ...]
    type_of: NDArray[np.int8]
    sees: dict[str, NDArray[np.bool_]]
    noise: dict[str, NDArray[np.float64]]
    quantum: dict[str, NDArray[np.float64]]
    dead_band: dict[str, NDArray[np.float64]]
    coarse_doors: NDArray[np.bool_]
    sampling_period_s: NDArray[np.float64]
    idle_period_s: NDArray[np.float64]

    @classmethod
    def of_lifts(
        cls, type_names: Sequence[str], without: Collection[str] = frozenset()
    ) -> "GatewayArrays":
        """Return the arrays of lifts with these types; nobody sees the signals in `without`.

        Raises
        ------
        GatewayTypeError
            When a type or a signal is unknown.
        """
        number = {name: index for index, name in enumerate(GATEWAY_TYPES)}
        strange = [name for name in type_names if name not in number]
        if strange:
            allowed = ", ".join(number)
            raise GatewayTypeError(f"{strange[0]!r} is no gateway type; allowed: {allowed}")
        if unknown := sorted(set(without) - set(_NAMES)):
            allowed = ", ".join(_NAMES)
            raise GatewayTypeError(f"{unknown[0]!r} is no signal; allowed: {allowed}")
        rows = list(GATEWAY_TYPES.values())

        def sensors(attribute: str, absent: float) -> dict[str, NDArray[np.float64]]:
            return {
                name: np.array(
                    [
                        getattr(row.sensors[name], attribute) if name in row.sensors else absent
                        for row in rows
                    ],
                    np.float64,
                )
                for name in FLOAT_NAMES
            }

        return cls(
            names=tuple(number),
            type_of=np.array([number[name] for name in type_names], np.int8),
            sees={
                name: np.array([name in row.signals and name not in without for row in rows])
                for name in _NAMES
            },
            noise=sensors("noise", 0.0),
            quantum=sensors("quantum", 1.0),
            dead_band=sensors("dead_band", 0.0),
            coarse_doors=np.array([row.coarse_doors for row in rows]),
            sampling_period_s=np.array([row.sampling_period_s for row in rows]),
            idle_period_s=np.array([row.idle_period_s for row in rows]),
        )

    def signals_of(self, lift: int) -> list[str]:
        """Return the names of the signals that are told of a lift."""
        return [name for name in _NAMES if self.sees[name][self.type_of[lift]]]

    def tells_code(self, lift: int, code: str) -> bool:
        """Tell whether the lift's gateway can report a national code."""
        return code in GATEWAY_TYPES[self.names[self.type_of[lift]]].fault_codes
