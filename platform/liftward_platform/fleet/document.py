"""The town document: parties, lifts, crews, devices, checked once before anything is stored.

Every complaint names the entry by its JSON path and says what is allowed. Pure; what the database
already knows comes as a parameter.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from liftward_platform.parties.model import CREW_PARTY_KINDS, PartyKind
from liftward_wire.profiles.names import ProfileName

# More would not be read by anybody: mend these and try again.
COMPLAINTS_SHOWN_MAX = 20

EntryId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


def _moment(value: datetime) -> datetime:
    """A date means its beginning, UTC; a time of day needs an offset."""
    if value.tzinfo is not None:
        return value
    if value.time() != time():
        raise ValueError("a time needs an offset, as in 2025-01-01T12:00:00Z")
    return value.replace(tzinfo=UTC)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PartyEntry(_Entry):
    party_id: EntryId
    kind: PartyKind
    name: Text
    phone: str | None = None


class PartEntry(_Entry):
    component: Text
    serial: Text
    batch: Text


class LiftEntry(_Entry):
    lift_id: EntryId
    rescue_code: Text
    registration_code: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")] | None = None
    building: Text
    address: Text
    district: Text
    site_type: Literal["residential", "office", "hospital", "hotel", "shop", "public", "industrial"]
    latitude_deg: Latitude
    longitude_deg: Longitude
    floors_count: int = Field(ge=2, le=200)
    rated_speed_mps: float = Field(gt=0, le=25)
    rated_load_kg: float = Field(gt=0, le=20_000)
    maker_id: EntryId
    model: Text
    installed_on: date
    use_unit_id: EntryId
    maintainer_id: EntryId
    contract_from: Annotated[datetime, AfterValidator(_moment)]
    # A town's document may say more than the registry keeps: checked, then left out.
    gateway_type: Text | None = Field(default=None, exclude=True)
    has_rescue_device: bool | None = Field(default=None, exclude=True)
    controller: str | None = Field(default=None, exclude=True)
    station_id: str | None = Field(default=None, exclude=True)
    parts: list[PartEntry] | None = Field(default=None, exclude=True)


class CrewEntry(_Entry):
    crew_id: EntryId
    party_id: EntryId
    name: Text
    phone: str | None = None
    base_latitude_deg: Latitude
    base_longitude_deg: Longitude
    members_count: int | None = Field(default=None, ge=1, le=50)
    shift: Literal["always", "day", "night"] | None = Field(default=None, exclude=True)
    station_id: str | None = Field(default=None, exclude=True)


class DeviceEntry(_Entry):
    device_id: EntryId
    kind: Literal["lift", "edge"]
    lift_ids: Annotated[list[EntryId], Field(min_length=1, max_length=1000)]
    # The vocabulary it speaks. Left out: the contract's for a new device, as it was for another.
    profile: ProfileName | None = None


class TownDocument(_Entry):
    """A whole town, or a part to be added to what is there."""

    parties: list[PartyEntry] = []
    lifts: list[LiftEntry] = []
    crews: list[CrewEntry] = []
    devices: list[DeviceEntry] = []


@dataclass(frozen=True, slots=True)
class Known:
    """What the database holds already: references may point there."""

    party_kinds: Mapping[str, str] = field(default_factory=dict)
    lift_ids: frozenset[str] = frozenset()
    rescue_codes: Mapping[str, str] = field(default_factory=dict)  # code -> lift id


class DocumentError(Exception):
    """The document cannot be loaded; one line for each complaint."""

    def __init__(self, complaints: Sequence[str]) -> None:
        self.complaints = tuple(complaints)
        shown = list(complaints[:COMPLAINTS_SHOWN_MAX])
        more = len(complaints) - len(shown)
        super().__init__("\n".join([*shown, *([f"... and {more} more"] if more else [])]))


def checked(document: object, known: Known) -> TownDocument:
    """Return the document as types.

    Raises
    ------
    DocumentError
        With every complaint, each naming its entry.
    """
    try:
        town = TownDocument.model_validate(document)
    except ValidationError as error:
        raise DocumentError([_complaint(row) for row in error.errors()]) from None
    complaints = [*_repeated(town), *_wrong_references(town, known), *_taken_codes(town, known)]
    if complaints:
        raise DocumentError(complaints)
    return town


def _complaint(error: Mapping[str, Any]) -> str:
    value = error["input"]
    shown = f" is {value!r}" if isinstance(value, str | int | float | bool) else ""
    return f"{_path(error['loc'])}{shown}: {error['msg']}"


def _path(location: Iterable[str | int]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "$" + "".join(parts)


def _repeated(town: TownDocument) -> list[str]:
    """An id stands once in its list."""
    lists: tuple[tuple[str, str, Sequence[BaseModel]], ...] = (
        ("parties", "party_id", town.parties),
        ("lifts", "lift_id", town.lifts),
        ("lifts", "rescue_code", town.lifts),
        ("crews", "crew_id", town.crews),
        ("devices", "device_id", town.devices),
    )
    complaints: list[str] = []
    for list_name, key, entries in lists:
        first: dict[str, int] = {}
        for index, entry in enumerate(entries):
            value = getattr(entry, key)
            if value in first:
                place = f"$.{list_name}[{first[value]}]"
                complaints.append(f"$.{list_name}[{index}].{key} is {value!r}, as in {place}")
            first.setdefault(value, index)
    return complaints


def _wrong_references(town: TownDocument, known: Known) -> list[str]:
    """A reference names a party of the right kind, or a lift, of the document or the database."""
    kinds = {**known.party_kinds, **{party.party_id: str(party.kind) for party in town.parties}}
    lift_ids = known.lift_ids | {lift.lift_id for lift in town.lifts}
    wanted: list[tuple[str, str, tuple[PartyKind, ...]]] = []
    for index, lift in enumerate(town.lifts):
        place = f"$.lifts[{index}]"
        wanted += [
            (f"{place}.maker_id", lift.maker_id, (PartyKind.MAKER,)),
            (f"{place}.use_unit_id", lift.use_unit_id, (PartyKind.USE_UNIT,)),
            (f"{place}.maintainer_id", lift.maintainer_id, (PartyKind.MAINTAINER,)),
        ]
    wanted += [
        (f"$.crews[{index}].party_id", crew.party_id, CREW_PARTY_KINDS)
        for index, crew in enumerate(town.crews)
    ]
    complaints = [
        f"{place} is {party_id!r}: allowed is a party of kind {' or '.join(allowed)}"
        for place, party_id, allowed in wanted
        if kinds.get(party_id) not in allowed
    ]
    return complaints + [
        f"$.devices[{index}].lift_ids[{position}] is {lift_id!r}: "
        "no such lift in the document or the database"
        for index, device in enumerate(town.devices)
        for position, lift_id in enumerate(device.lift_ids)
        if lift_id not in lift_ids
    ]


def _taken_codes(town: TownDocument, known: Known) -> list[str]:
    """A rescue code on a sign leads to one lift only."""
    return [
        f"$.lifts[{index}].rescue_code is {lift.rescue_code!r}: it belongs to lift {owner}"
        for index, lift in enumerate(town.lifts)
        if (owner := known.rescue_codes.get(lift.rescue_code, lift.lift_id)) != lift.lift_id
    ]
