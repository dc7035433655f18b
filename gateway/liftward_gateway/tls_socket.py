"""TLS beneath the buffered socket: OpenSSL works on memory, we move the bytes.

Over a TLS socket of the operating system each small message costs two reads, and bytes that were
decrypted and not taken do not make the file descriptor readable. Here one read takes all that the
network has, and all of it is decrypted at once: nothing is ever left inside the TLS layer.
"""

import asyncio
import socket
import ssl
from contextlib import suppress

from liftward_gateway.buffered_socket import BufferedSocket

_DECRYPT_BYTES = 65_536
_HANDSHAKE_BYTES = 16_384


class TlsSocket(BufferedSocket):
    """A buffered socket whose bytes are encrypted on the network. Made by `secured`."""

    def __init__(
        self,
        connected: socket.socket,
        tls: ssl.SSLObject,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
    ) -> None:
        super().__init__(connected)
        self._tls, self._incoming, self._outgoing = tls, incoming, outgoing
        self._plain = bytearray()

    @property
    def has_unsent_bytes(self) -> bool:
        return bool(self._plain) or super().has_unsent_bytes

    def send(self, packet: bytes | bytearray) -> int:
        """Take all bytes; they are encrypted together at the next `flush`."""
        self._plain += packet
        return len(packet)

    def flush(self) -> None:
        """Encrypt what was given and send what the network takes now."""
        while self._plain:
            del self._plain[: self._tls.write(self._plain)]
        self._unsent += self._outgoing.read()
        super().flush()

    def close(self) -> None:
        """Send what still goes, say goodbye, then close."""
        with suppress(OSError):
            self.flush()
            self._tls.unwrap()  # raises: the peer's goodbye is not waited for
        self._unsent += self._outgoing.read()
        super().close()

    def _receive(self) -> bytes:
        """Return all that can be decrypted now, b"" at the end of the stream."""
        while True:
            arrived = super()._receive()
            if not arrived:
                return b""
            self._incoming.write(arrived)
            parts: list[bytes] = []
            try:
                # An empty part is the peer's goodbye: what came before it counts.
                while part := self._tls.read(_DECRYPT_BYTES):
                    parts.append(part)
            except ssl.SSLWantReadError:
                if not parts:
                    continue  # half a record, or a message of TLS itself
            except ssl.SSLError as error:
                # With TLS 1.3 a broker that wants (another) certificate says so only here.
                self.fault = f"TLS: {error.reason or error}"
                raise
            return b"".join(parts)


async def secured(
    loop: asyncio.AbstractEventLoop,
    connected: socket.socket,
    context: ssl.SSLContext,
    host: str,
) -> TlsSocket:
    """Return the TLS form of a connected socket, after the handshake.

    Raises
    ------
    OSError
        When the peer's certificate is not accepted or the peer breaks off.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=host)
    while True:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            await loop.sock_sendall(connected, outgoing.read())
            arrived = await loop.sock_recv(connected, _HANDSHAKE_BYTES)
            if not arrived:
                raise ConnectionResetError("it broke off the TLS handshake") from None
            incoming.write(arrived)
        except ssl.SSLCertVerificationError as error:
            raise ssl.SSLError(f"its certificate is not accepted: {error.verify_message}") from None
        else:
            await loop.sock_sendall(connected, outgoing.read())
            return TlsSocket(connected, tls, incoming, outgoing)
