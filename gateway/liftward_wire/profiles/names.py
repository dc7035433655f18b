"""The names of the profiles, as the registry and a town document have them."""

from enum import StrEnum


class ProfileName(StrEnum):
    LIFTWARD = "liftward-v1"  # the contract itself
    GBT24476 = "gbt24476-2017"
    BACNET_LIFT = "bacnet-lift"
    REGIONAL_A = "regional-a"
    REGIONAL_B = "regional-b"
    SPARKPLUG = "sparkplug-b"


DEFAULT_PROFILE = ProfileName.LIFTWARD
