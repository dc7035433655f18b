"""How a connection to the database notices that the other side has gone without a goodbye."""

from typing import Final, TypedDict


class DeadPeerSettings(TypedDict):
    """libpq's names; the kernel does the work."""

    keepalives_idle: int
    keepalives_interval: int
    keepalives_count: int
    tcp_user_timeout: int


# About ten seconds, idle or in the middle of a statement: a request has not waited much longer.
DEAD_PEER_SETTINGS: Final[DeadPeerSettings] = {
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
