"""The TLS layer over any cutting of the byte stream: nothing is lost, nothing gets stuck."""

import asyncio
import random
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from liftward_gateway.tls_socket import TlsSocket, secured
from liftward_kit.clock import utc_now
from liftward_platform.devices.authority import Authority


@cache
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a client's and a server's context for `localhost`."""
    now = utc_now()
    authority = Authority.make(now)
    issued = authority.issue_broker(["localhost"], now=now, expires_at=now + timedelta(days=2))
    with TemporaryDirectory() as folder:
        certificate, key = Path(folder) / "c", Path(folder) / "k"
        certificate.write_bytes(issued.certificate_pem)
        key.write_bytes(issued.key_pem)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cadata=authority.certificate_pem.decode())
    return client, server


class Peer:
    """The other side, which a test feeds and reads by hand."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = contexts()[1].wrap_bio(self._in, self._out, server_side=True)

    async def shake_hands(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await loop.sock_sendall(self.socket, self._out.read())
                self._in.write(await loop.sock_recv(self.socket, 16_384))
            else:
                return

    def encrypted(self, plain: bytes) -> bytes:
        """Return a record with these bytes (and, the first time, what TLS itself has to say)."""
        self._tls.write(plain)
        return self._out.read()

    def goodbye(self) -> bytes:
        with pytest.raises(ssl.SSLWantReadError):
            self._tls.unwrap()
        return self._out.read()

    def decrypted(self) -> bytes:
        """Return what has come from the client so far."""
        parts = []
        try:
            while arrived := self.socket.recv(1_000_000):
                self._in.write(arrived)
        except BlockingIOError:
            parts.append(b"")
        try:
            while part := self._tls.read(65_536):
                parts.append(part)
        except ssl.SSLWantReadError:
            parts.append(b"")
        return b"".join(parts)


@contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        yield ours, theirs


async def connected(ours: socket.socket, theirs: socket.socket) -> tuple[TlsSocket, Peer]:
    peer = Peer(theirs)
    loop = asyncio.get_running_loop()
    ours_secured, _ = await asyncio.gather(
        secured(loop, ours, contexts()[0], "localhost"), peer.shake_hands()
    )
    return ours_secured, peer


def read_all(tls: TlsSocket, sizes: random.Random) -> bytes:
    """Read in pieces as an MQTT client does, until nothing is there."""
    parts = []
    try:
        while part := tls.recv(sizes.choice([1, 2, 7, 100, 5_000])):
            parts.append(part)
    except BlockingIOError:
        assert not tls.has_read_bytes
    return b"".join(parts)


@pytest.mark.parametrize("seed", range(20))
async def test_bytes_come_through_however_the_network_cuts_them(seed: int) -> None:
    """Records of any size, cut anywhere, joined anyhow: read at once as far as they are whole."""
    rng = random.Random(seed)
    with pair() as (ours, theirs):
        tls, peer = await connected(ours, theirs)
        records = [rng.randbytes(rng.choice([1, 3, 300, 16_384])) for _ in range(60)]
        stream = b"".join(map(peer.encrypted, records))
        got = b""
        while stream:
            size = rng.choice([1, 4, 5, 6, 290, 20_000, 200_000])
            sent = theirs.send(stream[:size])
            stream = stream[sent:]
            got += read_all(tls, rng)

        assert got == b"".join(records), f"seed {seed}"


async def test_one_event_of_the_network_gives_all_that_arrived() -> None:
    """Nothing decrypted stays inside the TLS layer, where no event of the network would wake us."""
    with pair() as (ours, theirs):
        tls, peer = await connected(ours, theirs)
        theirs.sendall(b"".join(peer.encrypted(b"%04d" % number) for number in range(500)))

        first = tls.recv(1)

        assert tls.has_read_bytes
        assert first + read_all(tls, random.Random(1)) == b"".join(
            b"%04d" % number for number in range(500)
        )


async def test_what_the_network_does_not_take_waits_and_arrives_once() -> None:
    """A peer that does not read: the rest stays with us, in order, and is sent later."""
    with pair() as (ours, theirs):
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        tls, peer = await connected(ours, theirs)
        packets = [b"%06d" % number * 50 for number in range(3_000)]
        for packet in packets:
            assert tls.send(packet) == len(packet)
            assert tls.has_unsent_bytes
        tls.flush()
        stuck = tls.has_unsent_bytes
        got = peer.decrypted()
        while tls.has_unsent_bytes:
            tls.flush()
            got += peer.decrypted()

        assert stuck
        assert got == b"".join(packets)


async def test_the_end_of_the_stream_is_the_end_with_or_without_a_goodbye() -> None:
    """What came before it is delivered first."""
    for says_goodbye in (True, False):
        with pair() as (ours, theirs):
            tls, peer = await connected(ours, theirs)
            theirs.sendall(peer.encrypted(b"last") + (peer.goodbye() if says_goodbye else b""))
            theirs.close()

            assert tls.recv(100) == b"last"
            assert tls.recv(100) == b""


async def test_a_changed_byte_is_an_error_with_a_reason() -> None:
    """Nobody on the way can alter a message unseen."""
    with pair() as (ours, theirs):
        tls, peer = await connected(ours, theirs)
        record = bytearray(peer.encrypted(b"closed"))
        record[-1] ^= 1
        theirs.sendall(record)

        with pytest.raises(ssl.SSLError):
            tls.recv(100)
        assert tls.fault is not None
        assert "TLS: " in tls.fault


async def test_a_name_that_is_not_the_brokers_is_refused() -> None:
    """The host name is verified, and the message says so."""
    with pair() as (ours, theirs):
        peer = Peer(theirs)
        shaking = asyncio.create_task(peer.shake_hands())
        with pytest.raises(ssl.SSLError, match=r"not accepted: Hostname mismatch.*broker\.example"):
            await secured(asyncio.get_running_loop(), ours, contexts()[0], "broker.example")
        shaking.cancel()
        await asyncio.wait([shaking])


async def test_a_peer_that_hangs_up_during_the_handshake_is_named() -> None:
    """A broker without TLS on this port, for instance."""
    with pair() as (ours, theirs):
        theirs.close()

        with pytest.raises(OSError, match=r"broke off the TLS handshake|reset|Broken pipe"):
            await secured(asyncio.get_running_loop(), ours, contexts()[0], "localhost")
