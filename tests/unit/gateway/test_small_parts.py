import socket
from datetime import UTC, datetime, timedelta
from math import inf
from random import Random

import pytest

from liftward_gateway.backoff import FIRST_S, LAST_S, Backoff
from liftward_gateway.buffered_socket import BufferedSocket
from liftward_gateway.mark_table import gaps_of, pairs_of
from liftward_gateway.receipt_clock import receipt_clock
from liftward_gateway.settings import GatewaySettings, broker_address
from liftward_gateway.stored_marks import _gaps, _gaps_text
from liftward_gateway.ticking import BEHIND_MESSAGES, HOLD_S_MAX, SETTLE_S, TICK_PERIOD_S, tick_due
from liftward_kit.settings import SettingError
from liftward_wire.columns import microseconds


def test_waits_grow_to_a_cap_and_begin_anew() -> None:
    """Nobody tries in step, nobody waits for ever."""
    backoff = Backoff(Random(7))
    waits = [backoff.next_s() for _ in range(12)]
    backoff.reset()

    assert FIRST_S / 2 <= waits[0] <= FIRST_S
    assert all(LAST_S / 2 <= wait <= LAST_S for wait in waits[-4:])
    assert backoff.next_s() <= FIRST_S


def test_arrival_times_always_grow() -> None:
    """Two messages in one microsecond, and a clock that is set back, keep their order."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = iter([start, start, start - timedelta(hours=1), start + timedelta(seconds=1)])
    stamp = receipt_clock(lambda: next(times))

    stamps = [stamp() for _ in range(4)]

    first_us = microseconds(start)
    assert stamps == [first_us, first_us + 1, first_us + 2, first_us + 1_000_000]


def test_arrivals_go_on_after_those_of_the_process_before() -> None:
    """A saved state says how far it has seen; a clock behind it must not hide new messages."""
    start = datetime(2026, 1, 1, tzinfo=UTC)

    assert receipt_clock(lambda: start, after_us=microseconds(start) + 50)() == (
        microseconds(start) + 51
    )


@pytest.mark.parametrize(
    ("since_tick_s", "since_subscribed_s", "waiting_count", "due"),
    [
        (TICK_PERIOD_S / 2, 60.0, 0, False),
        (TICK_PERIOD_S, 60.0, 0, True),
        (TICK_PERIOD_S, SETTLE_S / 2, 0, False),
        (TICK_PERIOD_S, 60.0, BEHIND_MESSAGES, False),
        (HOLD_S_MAX, 60.0, BEHIND_MESSAGES, True),
        (HOLD_S_MAX, 0.0, 0, True),
        (TICK_PERIOD_S, inf, 0, True),
    ],
)
def test_timers_wait_for_samples_in_line_but_not_for_ever(
    *, since_tick_s: float, since_subscribed_s: float, waiting_count: int, due: bool
) -> None:
    """A backlog says more than the clock; a broker that is away says nothing."""
    assert due == tick_due(
        since_tick_s=since_tick_s,
        since_subscribed_s=since_subscribed_s,
        waiting_count=waiting_count,
    )


@pytest.mark.parametrize("gaps", [[], [(0, 0)], [(0, 499), (601, 2**53)]])
def test_gaps_survive_their_text(gaps: list[tuple[int, int]]) -> None:
    """The database answers in its own canonical form, with the end left out."""
    canonical = "{" + ",".join(f"[{first},{last + 1})" for first, last in gaps) + "}"

    assert pairs_of(_gaps(canonical)) == gaps
    assert _gaps_text(gaps_of(gaps)).count("[") == len(gaps)


def test_a_buffered_socket_gives_small_pieces_and_sends_together() -> None:
    """Reading byte by byte costs one call; writes leave with the flush."""
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        buffered = BufferedSocket(left)
        right.sendall(b"abcdef")

        assert [buffered.recv(1), buffered.recv(3)] == [b"a", b"bcd"]
        assert buffered.has_read_bytes
        assert buffered.recv(100) == b"ef"
        assert not buffered.has_read_bytes
        with pytest.raises(BlockingIOError):
            buffered.recv(1)

        assert buffered.send(b"xy") == buffered.send(b"zz") == 2
        assert buffered.has_unsent_bytes
        buffered.flush()
        assert (right.recv(100), buffered.has_unsent_bytes) == (b"xyzz", False)


def test_a_buffered_socket_keeps_what_the_network_does_not_take() -> None:
    """A slow broker must not lose half a packet."""
    left, right = socket.socketpair()
    with left, right:
        left.setblocking(False)
        buffered = BufferedSocket(left)
        packet = bytes(range(256)) * 20_000
        buffered.send(packet)
        buffered.flush()
        assert buffered.has_unsent_bytes

        got = bytearray()
        while len(got) < len(packet):
            got += right.recv(1_000_000)
            buffered.flush()
        assert bytes(got) == packet


def test_settings_have_defaults() -> None:
    """A worker on one machine needs none."""
    settings = GatewaySettings.from_environ({"PGHOST": "db.example"})

    assert (settings.broker.host, settings.broker.port) == ("127.0.0.1", 1883)
    assert (settings.ready_file, settings.log_level) == (None, "INFO")


def test_a_broker_address_may_carry_credentials() -> None:
    """Escapes are undone; the password does not show itself."""
    address = broker_address("mqtt://gate%40way:p%3Aw@broker.example:8883")

    assert (address.host, address.port, address.username) == ("broker.example", 8883, "gate@way")
    assert address.password is not None
    assert address.password.reveal == "p:w"
    assert "p:w" not in repr(address)


@pytest.mark.parametrize(
    "url", ["broker", "http://x:1", "mqtt://", "mqtt://x:99999", "mqtt://x:0", "mqtt://x/path"]
)
def test_a_wrong_broker_address_names_the_setting(url: str) -> None:
    """One message: setting, value, what is allowed."""
    with pytest.raises(SettingError, match=r"LIFTWARD_BROKER_URL.*mqtt://"):
        GatewaySettings.from_environ({"PGHOST": "db.example", "LIFTWARD_BROKER_URL": url})


def test_a_wrong_address_with_a_password_is_not_repeated() -> None:
    """Error messages end in logs."""
    with pytest.raises(SettingError) as raised:
        broker_address("https://user:secret@x")

    assert "secret" not in str(raised.value)
