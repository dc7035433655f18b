"""What counts as a photo, and what is left out of it before it is stored."""

import random
import struct
import zlib

import pytest

from liftward_platform.crews.photo_content import PHOTO_BYTES_MAX, cleaned
from liftward_platform.errors import InvalidError

SEED = 20260302
_PNG = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*extra: bytes, width: int = 2, height: int = 1) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    picture = _chunk(b"IDAT", zlib.compress(b"\x00\x10\x20"))
    return b"".join([_PNG, header, *extra, picture, _chunk(b"IEND", b"")])


def _segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


_JFIF = _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
_EXIF = _segment(0xE1, b"Exif\x00\x00GPS sample 31.2 121.4")
_FRAME = _segment(0xC0, struct.pack(">BHHB", 8, 1, 2, 1) + b"\x01\x11\x00")
_SCAN = _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"


def jpeg(*extra: bytes, tail: bytes = b"") -> bytes:
    return b"".join([b"\xff\xd8", _JFIF, *extra, _FRAME, _SCAN, b"\xff\xd9", tail])


def test_where_and_when_a_photo_was_taken_is_left_out() -> None:
    """Exif, comments, text chunks and what is appended go; the picture stays byte for byte."""
    text = _chunk(b"tEXt", b"Author\x00Sample Person")

    assert cleaned(jpeg(_EXIF, _segment(0xFE, b"Sample note"), tail=b"more")).content == jpeg()
    assert cleaned(png(text, _chunk(b"eXIf", b"GPS")) + b"more").content == png()


def test_the_type_is_the_contents() -> None:
    """The bytes decide what it is; other pictures, pages and programs are refused."""
    assert cleaned(jpeg()).media_type == "image/jpeg"
    assert cleaned(png()).media_type == "image/png"
    for other in (b"", b"GIF89a", b"<svg onload='x'/>", b"<html>", b"MZ" + jpeg(), b"RIFF0000WEBP"):
        with pytest.raises(InvalidError) as caught:
            cleaned(other)
        assert caught.value.code == "photo_type_unknown"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (jpeg()[:-2], "photo_broken"),
        (b"\xff\xd8" + _JFIF + _SCAN + b"\xff\xd9", "photo_broken"),
        (png()[:-4], "photo_broken"),
        (png().replace(b"IDAT", b"IDAX"), "photo_broken"),
        (png(width=100_000, height=100_000), "photo_broken"),
        (jpeg() + bytes(PHOTO_BYTES_MAX), "photo_too_large"),
    ],
)
def test_what_is_broken_or_too_large_is_refused(data: bytes, code: str) -> None:
    """A container that ends early, a picture that would fill the memory, too many bytes."""
    with pytest.raises(InvalidError) as caught:
        cleaned(data)
    assert caught.value.code == code


def test_no_mutation_is_more_than_a_refusal() -> None:
    """Of 20,000 damaged pictures each is refused with a code, or is as clean as it gets."""
    rng = random.Random(SEED)
    for number in range(20_000):
        data = bytearray(rng.choice((jpeg(_EXIF), png())))
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        cut = bytes(data[: rng.randint(0, len(data))] if rng.random() < 0.3 else data)
        assert _is_settled(cut), f"seed {SEED}, number {number}"


def _is_settled(data: bytes) -> bool:
    """Tell whether bytes are refused with a code of ours, or come out as they would again."""
    try:
        photo = cleaned(data)
    except InvalidError as error:
        return error.code.startswith("photo_")
    return cleaned(photo.content) == photo
