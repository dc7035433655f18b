"""What Mosquitto reads: the password file and the access list. Pure: from values to text.

    python -m liftward_platform.devices.broker_files > deploy/mosquitto/acl

prints the access list that holds before anything is exported: the patterns alone.
Must not know the database, paths or keys.
"""

import sys
from collections.abc import Iterable, Sequence

from liftward_platform.devices.model import EdgeLifts, Service
from liftward_wire.crew_topics import CREW_MESSAGE, CREW_PREFIX
from liftward_wire.topics import PREFIX, Topic, TopicKind

# What a device may publish under its own id, and what it listens to.
_DEVICE_WRITES = (
    TopicKind.TELEMETRY,
    TopicKind.BATCH,
    TopicKind.EVENT,
    TopicKind.STATUS,
    TopicKind.REPLY,
)
# What an edge may publish on the topics of a lift that it serves: the lift's samples travel in the
# edge's own batches.
_EDGE_WRITES = (TopicKind.EVENT, TopicKind.STATUS, TopicKind.REPLY)
_SPARKPLUG_WRITES = ("NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA", "DDEATH")
_SPARKPLUG_READS = ("NCMD", "DCMD")

_HEAD = """\
# Who may publish and read what. Written by `liftward device export`; changes here do not last.
# Rules of your own go into acl.local beside this file: the export adds them at the end.
#
# %u is the name the broker knows a client by: of a password the user name, of a certificate its
# common name. It is the device id. The level before it is the shard: `+` here, and the gateway
# checks it. What no line allows is refused; Mosquitto still confirms such a message to a client
# of MQTT 3.1.1, and nobody ever sees it.
"""


def password_file(hashes: Iterable[tuple[str, str]]) -> str:
    """Return Mosquitto's password file: `username:hash` a line."""
    return "".join(f"{username}:{hashed}\n" for username, hashed in hashes)


def access_list(*, edges: Sequence[EdgeLifts] = (), revoked_ids: Sequence[str] = ()) -> str:
    """Return Mosquitto's access list for everybody, these edges and these revoked devices."""
    parts = [_HEAD, _devices(), _crews(), _services()]
    parts += [_edge(edge) for edge in edges]
    parts += [_revoked(device_id) for device_id in revoked_ids]
    return "\n".join(parts)


def _devices() -> str:
    lines = ["# Every device: its own topics, its own commands."]
    lines += [f"pattern write {PREFIX}/+/%u/{kind}" for kind in _DEVICE_WRITES]
    lines += [f"pattern read {PREFIX}/+/%u/{TopicKind.COMMAND}"]
    lines += ["# The same for devices that speak Sparkplug B: the edge node is the device id."]
    for kind in _SPARKPLUG_WRITES:
        lines += [f"pattern write {topic}" for topic in _sparkplug(kind)]
    for kind in _SPARKPLUG_READS:
        lines += [f"pattern read {topic}" for topic in _sparkplug(kind)]
    return _text(lines)


def _crews() -> str:
    lines = [
        "# A crew's device: what its crew is told. Its user name is no device's: it has a dot.",
        f"pattern read {CREW_PREFIX}/%u/{CREW_MESSAGE}",
    ]
    return _text(lines)


def _sparkplug(kind: str) -> list[str]:
    node = f"spBv1.0/+/{kind}/%u"
    return [node] if kind.startswith("N") else [f"{node}/+"]


def _services() -> str:
    lines = [
        "# The gateway reads everything and sends commands; it cannot speak as a device.",
        f"user {Service.GATEWAY}",
        f"topic read {PREFIX}/#",
        "topic read spBv1.0/#",
        f"topic write {PREFIX}/+/+/{TopicKind.COMMAND}",
        *(f"topic write spBv1.0/+/{kind}/#" for kind in _SPARKPLUG_READS),
        "",
        "# The engine tells crews' devices, and reads nothing.",
        f"user {Service.NOTIFIER}",
        f"topic write {CREW_PREFIX}/+/{CREW_MESSAGE}",
        "",
        "# A person's tools: replay of quarantine, checks, simulated towns. It can speak as any",
        "# device, so it is for the moment it is needed, and revoked otherwise.",
        f"user {Service.OPERATOR}",
        f"topic read {PREFIX}/#",
        *(f"topic write {PREFIX}/+/+/{kind}" for kind in _DEVICE_WRITES),
    ]
    return _text(lines)


def _edge(edge: EdgeLifts) -> str:
    lines = [f"# A building edge, for the lifts it serves.\nuser {edge.edge_id}"]
    for lift_id in edge.lift_ids:
        lines += [f"topic write {Topic(lift_id, kind)}" for kind in _EDGE_WRITES]
        lines += [f"topic read {Topic(lift_id, TopicKind.COMMAND)}"]
    return _text(lines)


def _revoked(device_id: str) -> str:
    # A refusal goes before every permission, and holds for connections that are open already.
    return _text([f"# Revoked.\nuser {device_id}", "topic deny #"])


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(access_list())
