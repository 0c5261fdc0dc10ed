"""What the kernel holds a notebook to: limits of its own, calls that it refuses, a keyring apart.

It stands alone, in the sandbox beside `inside.py`. None of it can be taken back by what runs later. The
watcher outside holds all processes together to the rest.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import struct
from typing import Any

REFUSED = {
    "x86_64": (0xC000003E, {"shmget": 29, "semget": 64, "msgget": 68, "memfd_create": 319}),
    "aarch64": (0xC00000B7, {"shmget": 194, "semget": 190, "msgget": 186, "memfd_create": 279}),
}
"""Memory that belongs to no process, so that nobody sees who uses it; by machine, with its audit number."""
OTHER_ABI = 0x40000000
ALLOW, NO_SUCH_CALL = 0x7FFF0000, 0x00050000 | 38  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with ENOSYS
KEYCTL = {"x86_64": 250, "aarch64": 219}
OWN_COUNT = (5, 14)
"""Since this Linux, processes are counted in each user namespace apart."""


def join_keyring() -> None:
    """A keyring of its own: in that of the session, notebooks could leave each other words."""
    number = KEYCTL.get(os.uname().machine)
    if number is not None:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).syscall(number, 1, None)  # keyctl(KEYCTL_JOIN_SESSION_KEYRING, no name)


def refuse_calls() -> None:
    """Take calls away that no answer needs, from this thread and all that it starts."""
    machine = os.uname().machine
    if machine not in REFUSED:
        return
    audit, calls = REFUSED[machine]
    count = len(calls)
    rules = [
        (0x20, 0, 0, 4),  # load the machine
        (0x15, 0, count + 3, audit),  # another one: refuse
        (0x20, 0, 0, 0),  # load the number of the call
        (0x35, count + 1, 0, OTHER_ABI),
        *((0x15, count - place, 0, number) for place, number in enumerate(calls.values())),
        (0x06, 0, 0, ALLOW),
        (0x06, 0, 0, NO_SUCH_CALL),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("HP", len(rules), ctypes.addressof(code)))
    with contextlib.suppress(OSError, AttributeError):
        prctl = ctypes.CDLL(None).prctl
        prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
        prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
        prctl(22, 2, ctypes.addressof(program), 0, 0)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER


def limit(limits: dict[str, Any]) -> None:
    """Bind each process, and where it counts no others of the same user, their number. Root has no such."""
    seconds = int(limits["seconds"]) + 5
    most = {
        resource.RLIMIT_DATA: limits["memory"],
        resource.RLIMIT_FSIZE: limits["files"],
        resource.RLIMIT_CPU: seconds * 4,
        resource.RLIMIT_CORE: 0,
    }
    if counted_apart():
        # more than the watcher allows, so that it can say why; too few to harm the machine till then
        most[resource.RLIMIT_NPROC] = 2 * limits["threads"]
    for what, value in most.items():
        hard = resource.getrlimit(what)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))


def counted_apart() -> bool:
    """Whether this is a user namespace of one user, whose processes this kernel counts by themselves."""
    try:
        with open("/proc/self/uid_map") as file:
            (row,) = file.read().splitlines()
        version = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    except (OSError, ValueError):
        return False
    return row.split()[2:] == ["1"] and version >= OWN_COUNT
