"""The profiles a device may have, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from liftward_wire.messages import Message
from liftward_wire.profiles import bacnet, gbt24476_2017, regional_lists
from liftward_wire.profiles.form import ProfileForm
from liftward_wire.profiles.json_profile import JsonProfile
from liftward_wire.profiles.names import DEFAULT_PROFILE, ProfileName
from liftward_wire.rejection import Rejected, RejectReason
from liftward_wire.topics import Topic

FORMS: tuple[ProfileForm, ...] = (
    gbt24476_2017.FORM,
    bacnet.FORM,
    regional_lists.FORM_A,
    regional_lists.FORM_B,
)
JSON_PROFILES: Mapping[str, JsonProfile] = MappingProxyType(
    {form.name: JsonProfile(form) for form in FORMS}
)


class Profile(Protocol):
    """What admission needs of a profile."""

    def decode(self, topic: Topic, payload: bytes, /) -> Message | Rejected:
        """Return the message in these bytes, or why it is refused. Never raises."""


@dataclass(frozen=True, slots=True)
class Refusing:
    """Stands for a profile that nothing on the contract's topics can be of."""

    reason: RejectReason
    detail: str

    def decode(self, topic: Topic, _payload: bytes) -> Rejected:
        """Refuse."""
        return Rejected(self.reason, f"device {topic.device_id} {self.detail}")


SPARKPLUG = Refusing(
    RejectReason.WRONG_TOPIC,
    "is registered for sparkplug-b: it publishes under spBv1.0/, not here",
)


def profile_named(name: str) -> Profile | None:
    """Return the profile of a device, or None for the contract itself.

    A name that a newer version of the registry brought is no reason to stop: what such a device
    says is refused, kept, and can be replayed after the upgrade.
    """
    if name == DEFAULT_PROFILE:
        return None
    known = JSON_PROFILES.get(name)
    if known is not None:
        return known
    if name == ProfileName.SPARKPLUG:
        return SPARKPLUG
    detail = f"has the profile {name!r}, which this version of the gateway does not know"
    return Refusing(RejectReason.CONTRACT_VIOLATION, detail)
