"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint) with Ed25519. Pure.

A checkpoint is three lines (origin, tree size, root in base64), an empty line, and one line per
signature. Anyone who kept one can later prove that history was rewritten.
"""

import binascii
import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"  # the signature type of the signed-note format
_KEY_BYTES, _KEY_HASH_BYTES = 32, 4
_NAME = re.compile(r"[^\s+]{1,200}")
_SIGNATURE_LINE = re.compile(r"— (?P<name>[^\s+]+) (?P<data>[A-Za-z0-9+/=]+)")
_SECRET_PREFIX = "PRIVATE+KEY+"  # noqa: S105 - the format's marker, not a key


class NoteError(ValueError):
    """A note or key is not well-formed, or a signature does not hold; the message says which."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: so many leaves have this root."""

    origin: str
    tree_size: int
    root_hash: bytes

    def text(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.tree_size}\n{_base64(self.root_hash)}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name, written `name+hash+key`."""

    name: str
    public_key: bytes

    @classmethod
    def from_text(cls, text: str) -> "Verifier":
        """Read a verifier key line."""
        name, key_hash, data = _split_key(text)
        verifier = cls(name, data)
        if verifier.key_hash != key_hash:
            raise NoteError("the public key does not belong to its hash: a letter was changed")
        return verifier

    @property
    def key_hash(self) -> bytes:
        """Return the four bytes that tell signatures of different keys apart."""
        material = self.name.encode() + b"\n" + _ED25519 + self.public_key
        return hashlib.sha256(material).digest()[:_KEY_HASH_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_hash.hex()}+{_base64(_ED25519 + self.public_key)}"

    def open(self, note: str) -> str:
        """Return the text of a note that this key signed.

        Raises
        ------
        NoteError
            When it has no valid signature of this key.
        """
        text, separator, signatures = note.rpartition("\n\n")
        if not separator or not signatures.endswith("\n"):
            raise NoteError("not a signed note: text, an empty line, signatures")
        text += "\n"
        for name, data in [_signature(line) for line in signatures.split("\n")[:-1]]:
            if name == self.name and data[:_KEY_HASH_BYTES] == self.key_hash:
                self._check(text, data[_KEY_HASH_BYTES:])
                return text
        raise NoteError(f"the note carries no signature of {self.name}")

    def _check(self, text: str, signature: bytes) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except InvalidSignature:
            raise NoteError(
                f"the signature of {self.name} does not hold: the note was changed"
            ) from None


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name. It never shows itself."""

    name: str
    seed: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.seed) != _KEY_BYTES:
            raise NoteError("a key needs a name without blanks or '+', and 32 bytes")

    @classmethod
    def from_text(cls, text: str) -> "Signer":
        """Read what `secret_text` wrote."""
        if not text.startswith(_SECRET_PREFIX):
            raise NoteError(f"a private key begins with {_SECRET_PREFIX}")
        name, key_hash, seed = _split_key(text.removeprefix(_SECRET_PREFIX))
        signer = cls(name, seed)
        if signer.verifier.key_hash != key_hash:
            raise NoteError("the private key does not belong to its hash: a letter was changed")
        return signer

    @property
    def verifier(self) -> Verifier:
        """Return the public half."""
        return Verifier(self.name, self._key().public_key().public_bytes_raw())

    def secret_text(self) -> str:
        """Return the line for the key file."""
        key_hash = self.verifier.key_hash.hex()
        return f"{_SECRET_PREFIX}{self.name}+{key_hash}+{_base64(_ED25519 + self.seed)}"

    def sign(self, text: str) -> str:
        """Return the signed note of a text that ends with a newline."""
        if not text.endswith("\n"):
            raise NoteError("the text of a note ends with a newline")
        data = self.verifier.key_hash + self._key().sign(text.encode())
        return f"{text}\n— {self.name} {_base64(data)}\n"

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def __repr__(self) -> str:
        return f"Signer(name={self.name!r}, seed=***)"


def read_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint; further lines are extensions and are ignored.

    Raises
    ------
    NoteError
        When it is not a checkpoint.
    """
    lines = text.split("\n")
    if len(lines) < 4 or not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]):  # noqa: PLR2004 - origin, size, root, end
        raise NoteError("not a checkpoint: origin, tree size and root, a line each")
    return Checkpoint(lines[0], int(lines[1]), _decoded(lines[2]))


def _signature(line: str) -> tuple[str, bytes]:
    found = _SIGNATURE_LINE.fullmatch(line)
    if found is None:
        raise NoteError(f"not a signature line: {line!r}")
    return found["name"], _decoded(found["data"])


def _split_key(text: str) -> tuple[str, bytes, bytes]:
    """Split `name+hash+key` into name, hash and the 32 bytes behind the type byte."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004 - name, hash, key
        raise NoteError("a key is written name+hash+key")
    name, key_hash, encoded = parts
    data = _decoded(encoded)
    if not re.fullmatch(r"[0-9a-f]{8}", key_hash) or len(data) != 1 + _KEY_BYTES:
        raise NoteError("a key is written name+hash+key, with 8 hexadecimal digits and 33 bytes")
    if data[:1] != _ED25519:
        raise NoteError("only Ed25519 keys are understood")
    return name, bytes.fromhex(key_hash), data[1:]


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except binascii.Error as error:
        raise NoteError(f"not base64: {error}") from None
