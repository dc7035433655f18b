"""Secrets and tokens: how they are made, hashed and compared. Pure but for the random source.

Secrets are chosen or written down by people, so they are stretched with scrypt; tokens are 256
random bits, so one SHA-256 is enough. The hash text carries its parameters: they can be raised
later and old hashes go on working.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode

# OWASP password storage cheat sheet, scrypt row with 16 MiB: N = 2**14, r = 8, p = 5.
SCRYPT_COST, SCRYPT_BLOCK_SIZE, SCRYPT_PARALLELISM = 2**14, 8, 5
_SCRYPT_MEMORY_BYTES = 64 * 2**20  # OpenSSL's ceiling: over 128 * N * r * 2, far below a machine's
_SALT_BYTES, _HASH_BYTES = 16, 32
_TOKEN_BYTES = 32

_STORED = re.compile(
    r"scrypt\$(?P<cost>\d+)\$(?P<block_size>\d+)\$(?P<parallelism>\d+)"
    r"\$(?P<salt>[A-Za-z0-9+/=]+)\$(?P<hash>[A-Za-z0-9+/=]+)"
)

# A person's secret: long enough to resist guessing behind throttling, short enough to be hashed.
SECRET_CHARACTERS_MIN, SECRET_CHARACTERS_MAX = 12, 256


def new_secret() -> str:
    """Return a secret for a new account, 144 random bits a person can still copy."""
    return secrets.token_urlsafe(18)


def new_token() -> str:
    """Return an opaque session token."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def hash_secret(secret: str, *, cost: int = SCRYPT_COST) -> str:
    """Return `scrypt$N$r$p$salt$hash`, slow on purpose; tests give a lower cost."""
    salt = secrets.token_bytes(_SALT_BYTES)
    hashed = _scrypt(secret, salt, cost, SCRYPT_BLOCK_SIZE, SCRYPT_PARALLELISM)
    parameters = f"{cost}${SCRYPT_BLOCK_SIZE}${SCRYPT_PARALLELISM}"
    return f"scrypt${parameters}${_text(salt)}${_text(hashed)}"


def is_secret(secret: str, stored: str) -> bool:
    """Tell whether this is the secret behind a stored hash, in constant time.

    Raises
    ------
    ValueError
        When the stored text is no hash of ours: the row was damaged.
    """
    found = _STORED.fullmatch(stored)
    if found is None:
        raise ValueError("a stored secret hash is damaged: set the account's secret anew")
    numbers = int(found["cost"]), int(found["block_size"]), int(found["parallelism"])
    hashed = _scrypt(secret, b64decode(found["salt"]), *numbers)
    return hmac.compare_digest(hashed, b64decode(found["hash"]))


def _scrypt(secret: str, salt: bytes, cost: int, block_size: int, parallelism: int) -> bytes:
    return hashlib.scrypt(
        secret.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=cost,
        r=block_size,
        p=parallelism,
        maxmem=_SCRYPT_MEMORY_BYTES,
        dklen=_HASH_BYTES,
    )


def _text(data: bytes) -> str:
    return b64encode(data).decode()
