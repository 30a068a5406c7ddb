"""Become a server that dies with its parent: `python launch.py PARENT UID SIGNAL COMMAND...`.

A script of its own, run before the server takes its place in the same process, because Python code between
fork and exec is unsafe in a test run full of threads. Giving up root comes before asking for the signal:
the kernel forgets the request when a process changes its user. Note that Linux sends the signal when the
*thread* that started the server ends, so servers are started from the main thread.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
KEEP_USER = -1


def main(parent: int, uid: int, signal: int, command: list[str]) -> None:
    """Replace this process by the command."""
    if uid != KEEP_USER:
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal)
    if os.getppid() != parent:
        sys.exit("the parent is gone already")

    os.execv(command[0], command)  # noqa: S606 - becoming the server, without a shell, is the point


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
