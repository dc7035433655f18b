"""Small pictures made by hand, so that a test knows every byte of them."""

import struct
import zlib


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(*, filling: int = 0, text: bytes = b"") -> bytes:
    """A PNG of one pixel, with as much in its data as asked for, and a text if there is one."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    told = _chunk(b"tEXt", text) if text else b""
    pixel = _chunk(b"IDAT", zlib.compress(b"\x00\x10") + bytes(filling))
    return b"".join([b"\x89PNG\r\n\x1a\n", header, told, pixel, _chunk(b"IEND", b"")])
