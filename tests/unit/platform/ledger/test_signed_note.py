"""Signed notes against the vector of the format's reference implementation, and against forgers."""

from collections.abc import Callable

import pytest

from liftward_platform.ledger.signed_note import (
    Checkpoint,
    NoteError,
    Signer,
    Verifier,
    read_checkpoint,
)

# The example of the reference implementation's documentation.
VECTOR_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VECTOR_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
VECTOR_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
VECTOR_NOTE = VECTOR_TEXT + (
    "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer("test/ledger", bytes(range(32)))
CHECKPOINT = Checkpoint("test/ledger", 5, bytes(32))


def test_the_published_note_is_what_we_sign_and_open() -> None:
    """Key texts, key hash, signature and layout are those of the reference implementation."""
    signer = Signer.from_text(VECTOR_SECRET)

    assert str(signer.verifier) == VECTOR_PUBLIC
    assert signer.secret_text() == VECTOR_SECRET
    assert signer.sign(VECTOR_TEXT) == VECTOR_NOTE
    assert Verifier.from_text(VECTOR_PUBLIC).open(VECTOR_NOTE) == VECTOR_TEXT


def test_a_checkpoint_comes_back_from_its_note() -> None:
    """What was signed is what is read."""
    note = SIGNER.sign(CHECKPOINT.text())

    assert read_checkpoint(SIGNER.verifier.open(note)) == CHECKPOINT


def test_a_further_signature_does_not_disturb() -> None:
    """Witnesses may add their lines; ours is found among them."""
    note = SIGNER.sign(CHECKPOINT.text())
    witness = Signer("witness", bytes(32)).sign(CHECKPOINT.text()).rpartition("\n\n")[2]

    assert SIGNER.verifier.open(note + witness) == CHECKPOINT.text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda note: note.replace("\n5\n", "\n6\n"), "was changed"),
        (lambda note: note.replace("— test/ledger", "— other"), "carries no signature"),
        (lambda note: note.replace("\n\n", "\n"), "not a signed note"),
        (lambda note: note + "something\n", "not a signature line"),
        (lambda note: note.rstrip("\n"), "not a signed note"),
        (lambda note: note.replace("=\n", "\n"), "base64"),
    ],
)
def test_a_changed_note_does_not_open(change: Callable[[str], str], message: str) -> None:
    """A changed text, signer, layout or encoding is refused with its reason."""
    note = SIGNER.sign(CHECKPOINT.text())

    with pytest.raises(NoteError, match=message):
        SIGNER.verifier.open(change(note))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("test", r"name\+hash\+key"),
        (VECTOR_PUBLIC.replace("c74f", "c74e"), "letter was changed"),
        (VECTOR_PUBLIC.replace("PeterN", "PeteN"), "letter was changed"),
        ("a+00000000+AAAA", "33 bytes"),
        ("a+00000000+" + "Ag" + "A" * 42, "only Ed25519"),
    ],
)
def test_a_damaged_public_key_is_refused(text: str, message: str) -> None:
    """A key that was copied wrong says so instead of failing every signature."""
    with pytest.raises(NoteError, match=message):
        Verifier.from_text(text)


def test_a_private_key_never_shows_itself() -> None:
    """Logs and tracebacks print keys by repr; the seed is not in it."""
    assert "seed=***" in repr(SIGNER)
    assert SIGNER.seed.hex() not in repr(SIGNER)


@pytest.mark.parametrize("text", ["", "a\n", "a\nfive\nAAAA\n", "a\n05\nAAAA\n"])
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    """Only origin, a plain decimal size and a root make a checkpoint."""
    with pytest.raises(NoteError, match="not a checkpoint"):
        read_checkpoint(text)
