"""Become the child: switch user, tie our life to the parent's, then turn into the real program.

Run as a script by a bare interpreter (`python -I -S child_shim.py ...`), so it knows the standard
library only. It exists because the same steps inside a fork are unsafe once the parent has threads,
and because their order matters: a change of user clears the parent-death signal.

Arguments: parent pid, signal number on the parent's death, uid or "-", gid or "-", program, words.
"""

# All imports stand here: after the switch of user the interpreter's own files may be closed to us.
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_CANNOT_START = 126  # the shell's status for a program that was found and could not be run


def _switch_user(uid: str, gid: str) -> None:
    if uid == "-":
        return
    os.setgroups([])
    os.setgid(int(gid))
    os.setuid(int(uid))


def _die_with_parent(parent_pid: int, signal_number: int) -> None:
    """Ask the kernel for a signal when the parent dies; only Linux has this."""
    if sys.platform.startswith("linux"):
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # The parent may have died before the kernel knew our wish.
    if os.getppid() != parent_pid:
        sys.exit(_CANNOT_START)


def main(words: list[str]) -> None:
    parent_pid, signal_number, uid, gid, program, *rest = words
    try:
        _switch_user(uid, gid)
        _die_with_parent(int(parent_pid), int(signal_number))
        # The interpreter ignores these two; an ignored signal would stay ignored after exec.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        os.execv(program, [program, *rest])  # noqa: S606 - turning into it is the purpose
    except OSError as error:
        sys.stderr.write(f"cannot start {program}: {error}\n")
        sys.exit(_CANNOT_START)


if __name__ == "__main__":
    main(sys.argv[1:])
