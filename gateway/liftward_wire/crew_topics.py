"""The topic on which a crew's device is told things: `liftward-crew/v1/{user name}/message`.

Apart from the devices' tree: no gateway hears it. The level is the user name of the crew's own
credential (`crew.` and the crew's id; no device id has a dot), so that one pattern of a broker's
access list keeps every crew to its own.
"""

CREW_PREFIX = "liftward-crew/v1"
CREW_USER = "crew."
CREW_MESSAGE = "message"


def crew_username(crew_id: str) -> str:
    """Return the user name by which a crew's device comes into the broker."""
    return f"{CREW_USER}{crew_id}"


def crew_topic(crew_id: str) -> str:
    """Return where a crew's device listens."""
    return f"{CREW_PREFIX}/{crew_username(crew_id)}/{CREW_MESSAGE}"
