"""Passwords for devices, and the hash that Mosquitto 2 compares them with. Pure but for randomness.

The hash is `$7$iterations$salt$hash`: PBKDF2 with HMAC-SHA-512, both parts in base64.
"""

import base64
import hashlib
import hmac
import secrets

_SALT_BYTES = 12  # what mosquitto_passwd uses
# Our passwords are 256 random bits, which no stretching makes harder to guess. Mosquitto hashes in
# its only thread, and all devices of a city may come back at once: its own default is enough.
ITERATIONS = 101
_HASH_BYTES = 64


def new_password() -> str:
    """Return 256 random bits as text that fits into a URL unquoted."""
    return secrets.token_urlsafe(32)


def mosquitto_hash(password: str, *, salt: bytes | None = None) -> str:
    """Return the line's second half in a Mosquitto password file."""
    chosen = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), chosen, ITERATIONS, _HASH_BYTES)
    return f"$7${ITERATIONS}${_text(chosen)}${_text(digest)}"


def fits(password: str, stored: str) -> bool:
    """Tell whether a password belongs to a hash, as Mosquitto does."""
    _, _, iterations, salt, digest = stored.split("$")
    computed = hashlib.pbkdf2_hmac(
        "sha512", password.encode(), base64.b64decode(salt), int(iterations), _HASH_BYTES
    )
    return hmac.compare_digest(computed, base64.b64decode(digest))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
