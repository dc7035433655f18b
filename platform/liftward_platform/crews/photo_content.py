"""What may come in as a photo: JPEG or PNG by content, without what the camera wrote into it.

Pure: bytes in, bytes out. A name or a header proves nothing; the container is walked to its end.
Where and when a photo was taken stands in its metadata (Exif, XMP, text chunks): it is left out
before anything is stored, as is whatever is appended behind the picture.
"""

import zlib
from dataclasses import dataclass

from liftward_platform.errors import InvalidError

# A phone's page sends pictures of 1,280 pixels: a few hundred kilobytes. Ten of them are a rescue.
PHOTO_BYTES_MAX = 2 * 1024 * 1024
PHOTOS_PER_ORDER_MAX = 10
PIXELS_MAX = 50_000_000  # what a picture unpacks to when somebody looks at it

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
# PNG chunks that make the picture; all others (text, Exif, times) are left out.
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB"})
# JPEG: APP0 is JFIF, APP14 says how colours are meant; other APPn and comments hold metadata.
_APP0, _APP14, _APP15, _COMMENT = 0xE0, 0xEE, 0xEF, 0xFE
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_RESTARTS = range(0xD0, 0xD8)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it is stored."""

    media_type: str
    content: bytes


def cleaned(data: bytes) -> Photo:
    """Return the picture without its metadata.

    Raises
    ------
    InvalidError
        When it is too large, no JPEG or PNG, or its container is broken.
    """
    if len(data) > PHOTO_BYTES_MAX:
        raise InvalidError(
            "photo_too_large", f"a photo has at most {PHOTO_BYTES_MAX} bytes, this has {len(data)}"
        )
    try:
        if data.startswith(_PNG):
            return Photo("image/png", _clean_png(data))
        if data.startswith(_JPEG):
            return Photo("image/jpeg", _clean_jpeg(data))
    except (IndexError, _BrokenPictureError) as error:
        raise InvalidError("photo_broken", f"the picture is broken: {error}") from None
    raise InvalidError("photo_type_unknown", "a photo is a JPEG or a PNG, by its content")


class _BrokenPictureError(Exception):
    """The container ends early, or says something that cannot be."""


def _clean_png(data: bytes) -> bytes:
    kept, at, kinds = [_PNG], len(_PNG), []
    while at < len(data):
        length = _number(data, at, 4)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise _BrokenPictureError("a chunk ends after the file")
        if _number(data, end - 4, 4) != zlib.crc32(data[at + 4 : end - 4]):
            raise _BrokenPictureError("a chunk's checksum is wrong")
        if kind == b"IHDR":
            _check_pixels(_number(data, at + 8, 4), _number(data, at + 12, 4))
        if kind in _PNG_KEPT:
            kinds.append(kind)
            kept.append(data[at:end])
        at = end
        if kind == b"IEND":
            break
    if not kinds or kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise _BrokenPictureError("header, picture or end is missing")
    return b"".join(kept)


def _clean_jpeg(data: bytes) -> bytes:
    kept, at, has_frame = [_JPEG], len(_JPEG), False
    while True:
        if data[at] != 0xFF:  # noqa: PLR2004 - every marker begins so
            raise _BrokenPictureError("a segment does not begin with a marker")
        marker = data[at + 1]
        length = _number(data, at + 2, 2)
        end = at + 2 + length
        if length < 2 or end > len(data):  # noqa: PLR2004 - the length counts itself
            raise _BrokenPictureError("a segment ends after the file")
        if marker in _FRAMES:
            has_frame = True
            _check_pixels(_number(data, at + 7, 2), _number(data, at + 5, 2))
        if marker == _START_OF_SCAN:
            if not has_frame:
                raise _BrokenPictureError("the picture has no size")
            scan_end = _end_of_scans(data, end)
            return b"".join([*kept, data[at:scan_end]])
        if not _is_metadata(marker):
            kept.append(data[at:end])
        at = end


def _is_metadata(marker: int) -> bool:
    if marker in {_APP0, _APP14}:
        return False
    return marker == _COMMENT or _APP0 < marker <= _APP15


def _end_of_scans(data: bytes, at: int) -> int:
    """Return where the picture ends; between scans only tables and further scans may stand."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise _BrokenPictureError("the picture has no end")
        marker = data[at + 1]
        if marker == _END_OF_IMAGE:
            return at + 2
        if marker in {0x00, 0xFF} or marker in _RESTARTS:
            at += 1 if marker == 0xFF else 2  # noqa: PLR2004 - a filling byte before a marker
            continue
        if _is_metadata(marker):
            raise _BrokenPictureError("metadata stands inside the picture")
        at += 2 + _number(data, at + 2, 2)


def _check_pixels(width: int, height: int) -> None:
    if not 0 < width * height <= PIXELS_MAX:
        raise _BrokenPictureError(f"{width} by {height} pixels; at most {PIXELS_MAX} in all")


def _number(data: bytes, at: int, width_bytes: int) -> int:
    """Return a big-endian number; a file that ends before it is broken."""
    if at + width_bytes > len(data):
        raise _BrokenPictureError("it ends in the middle")
    return int.from_bytes(data[at : at + width_bytes], "big")
