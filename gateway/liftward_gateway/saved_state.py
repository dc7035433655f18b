"""A slice of the detector's memory as it is stored: some lifts, packed.

Most of a record is the same in all lifts: words that do not differ within the slice are kept once,
the others word by word, so that like stands beside like for zlib. Knows bytes and FleetState's own
format, whose checksum it leaves to FleetState. Must not know where slices are stored.
"""

import zlib
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from liftward_detection.fleet import BYTES_PER_LIFT, FleetState, StateError

FORMAT = "gateway-2"

_WORD = np.dtype("<u8")
_WORDS_PER_LIFT = BYTES_PER_LIFT // _WORD.itemsize
# Levels above 1 gain a twentieth in size for twice the time and more.
_ZLIB_LEVEL = 1

assert BYTES_PER_LIFT % _WORD.itemsize == 0


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    """`head` is what stands before the records; `first` is the first record as a whole."""

    lift_count: int
    head: bytes
    first: bytes
    varying: bytes  # a bit for each word of a record
    words: bytes  # those that vary, zlib, shape (varying words, lift_count)


def encode(part: FleetState) -> bytes:
    """Return the bytes to store."""
    whole, count = part.to_bytes(), part.lift_count
    head_bytes = len(whole) - count * BYTES_PER_LIFT
    words = np.frombuffer(whole, _WORD, offset=head_bytes).reshape(count, _WORDS_PER_LIFT)
    first = words[:1]
    varying = (words != first).any(axis=0) if count else np.zeros(_WORDS_PER_LIFT, np.bool_)
    columns = words[:, varying].T.tobytes()
    return msgspec.msgpack.encode(
        _Packed(
            count,
            whole[:head_bytes],
            first.tobytes(),
            np.packbits(varying).tobytes(),
            zlib.compress(columns, _ZLIB_LEVEL),
        )
    )


def decode(data: Any, lift_count: int) -> FleetState:  # noqa: ANN401 - bytes or memoryview
    """Read what `encode` made of so many lifts.

    Raises
    ------
    StateError
        When it is something else, damaged, or of another version.
    """
    try:
        packed = msgspec.msgpack.decode(bytes(data), type=_Packed)
        if packed.lift_count != lift_count:
            raise StateError(
                f"the slice has records of {packed.lift_count} lifts and keys of {lift_count}"
            )
        whole = packed.head + _records(packed).tobytes()
    except (msgspec.MsgspecError, zlib.error, ValueError) as error:
        if isinstance(error, StateError):
            raise
        raise StateError(f"not a slice of a saved gateway state: {error}") from error
    return FleetState.from_bytes(whole)


def _records(packed: _Packed) -> npt.NDArray[np.uint64]:
    """Return the words of all records; raise ValueError when the parts do not belong together."""
    words = np.empty((packed.lift_count, _WORDS_PER_LIFT), _WORD)
    if packed.lift_count == 0:
        return words
    words[:] = np.frombuffer(packed.first, _WORD)
    bits = np.frombuffer(packed.varying, np.uint8)
    varying = np.unpackbits(bits, count=_WORDS_PER_LIFT).astype(np.bool_)
    shape = (int(varying.sum()), packed.lift_count)
    # A damaged stream must not unpack to more than there is room for.
    columns = zlib.decompressobj().decompress(packed.words, shape[0] * shape[1] * 8 + 1)
    words[:, varying] = np.frombuffer(columns, _WORD).reshape(shape).T
    return words
