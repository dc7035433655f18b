"""A non-blocking socket with a buffer on both sides: one system call for many small packets.

An MQTT client reads a packet's head byte by byte and writes each acknowledgement by itself; over a
bare socket that is most of its time.
"""

import socket
from contextlib import suppress

_READ_BYTES = 262_144  # some hundred single samples a call


class BufferedSocket:
    """What the MQTT client asks of a socket: recv, send, close, fileno, setblocking."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._read = b""
        self._at = 0
        self._unsent = bytearray()
        self.fault: str | None = None  # why reading failed, where the client hides it

    @property
    def has_read_bytes(self) -> bool:
        """Whether something was read from the network and not yet taken."""
        return self._at < len(self._read)

    @property
    def has_unsent_bytes(self) -> bool:
        return bool(self._unsent)

    def recv(self, bytes_max: int) -> bytes:
        """Return up to so many bytes; b"" at the end of the stream.

        Raises
        ------
        BlockingIOError
            When nothing is there now.
        """
        if self._at >= len(self._read):
            self._read, self._at = self._receive(), 0
        taken = self._read[self._at : self._at + bytes_max]
        self._at += len(taken)
        return taken

    def send(self, packet: bytes | bytearray) -> int:
        """Take all bytes; they leave with the next `flush`."""
        self._unsent += packet
        return len(packet)

    def flush(self) -> None:
        """Send what the network takes now; raises OSError when the connection is broken."""
        while self._unsent:
            try:
                sent_count = self._socket.send(self._unsent)
            except BlockingIOError:
                return
            del self._unsent[:sent_count]

    def close(self) -> None:
        """Send what still goes, then close."""
        with suppress(OSError):
            self.flush()
        self._socket.close()

    def _receive(self) -> bytes:
        return self._socket.recv(_READ_BYTES)

    def fileno(self) -> int:
        return self._socket.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the socket module's signature
        self._socket.setblocking(flag)
