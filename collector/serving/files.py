"""How many connections the limit of open files leaves room for; it raises the soft limit and nothing else."""

import contextlib
import resource

_OWN_FILES = 256
"""What the program needs besides: databases, doors, threads, letters."""


def needed(connections: int) -> int:
    """Files that may have to be open at once for so many connections."""
    return connections + _OWN_FILES


def room_for(connections: int) -> int:
    """So many of these connections there can be, with the soft limit raised as far as it is needed and allowed."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = needed(connections)
    if files != resource.RLIM_INFINITY and files < wanted:
        allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY or files >= wanted:
        return connections
    return max(1, files - min(_OWN_FILES, files // 2))
