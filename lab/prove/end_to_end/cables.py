"""The rooms of the end-to-end proof as network namespaces with cables, cut and mended by ``ip``; it knows no fault."""

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from lab.children import die_with_parent
from lab.prove.end_to_end.land import BY_ID, CENTRE, SITES, cables, device, lines, office, rooms, routes

_CLONE_NEWNET = 0x40000000
_SWALLOWS = 5


class Country:
    """Rooms with cables between them. All that is cut is silent, as a dead line is: nobody says "unreachable"."""

    def __init__(self, holders: dict[str, int]) -> None:
        """``holders``: a process in each room; the centre is our own namespace."""
        self._holders = holders

    def prefix(self, room: str) -> list[str]:
        """What puts a command into a room."""
        return [] if room == CENTRE else ["nsenter", f"--target={self._holders[room]}", "--net"]

    def tell(self, room: str, commands: Iterable[str], *, lenient: bool = False) -> None:
        """Let ``ip`` do this in a room."""
        force = ["-force"] if lenient else []
        done = subprocess.run(
            [*self.prefix(room), "ip", *force, "-batch", "-"],
            input="\n".join(commands) + "\n", text=True, capture_output=True, timeout=30, check=False,
        )  # fmt: skip
        if done.returncode and not lenient:
            raise RuntimeError(f"{room}: {done.stderr.strip()}")

    def swallow(self, room: str, origins: Iterable[str]) -> None:
        """A room drops all that comes from these neighbours, for itself and for others."""
        self.tell(room, [f"rule add pref {_SWALLOWS} iif {device(origin)} blackhole" for origin in origins])

    def pass_on(self, room: str, origins: Iterable[str]) -> None:
        """Until here."""
        self.tell(
            room, [f"rule del pref {_SWALLOWS} iif {device(origin)} blackhole" for origin in origins], lenient=True
        )

    def unplug(self, near: str, far: str) -> None:
        """Take the far end of a cable out."""
        self.tell(far, [f"link set {device(near)} down"])

    def plug(self, near: str, far: str) -> None:
        """Put it in again; what led over it is there again."""
        self.tell(far, [f"link set {device(near)} up"])
        self.tell(far, (line for line in routes(far) if line.startswith("route")))

    def neighbours(self, room: str) -> list[str]:
        """Rooms at the other ends of its cables, the LAN among them."""
        ends = [(cable.near, cable.far) for cable in cables()]
        found = [far if room == near else near for near, far in ends if room in (near, far)]
        return [*found, office(BY_ID[room])] if room in BY_ID and BY_ID[room].inside else found

    def datagram_socket(self, room: str, address: str, port: int) -> socket.socket:
        """A socket that stands in a room for good, whoever reads it."""
        found: list[socket.socket | OSError] = []

        def inside() -> None:
            # Only this thread moves in, and it ends there.
            try:
                enter(self._holders[room])
                one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                one.bind((address, port))
                found.append(one)
            except OSError as error:
                found.append(error)

        thread = threading.Thread(target=inside)
        thread.start()
        thread.join()
        if isinstance(found[0], OSError):
            raise found[0]
        return found[0]


def enter(pid: int) -> None:
    """Move the calling thread into the network of a process (setns(2)); raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(handle, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(handle)


@contextmanager
def open_country() -> Iterator[Country]:
    """Build everything below our own namespace, which must be one that nobody else uses."""
    with ExitStack() as stack:
        holders = {room: stack.enter_context(_holder()) for room in rooms() if room != CENTRE}
        country = Country({CENTRE: os.getpid(), **holders})
        pids = country._holders  # noqa: SLF001 - of our own
        laid = [
            f"link add {device(cable.far)} netns {pids[cable.near]} type veth"
            f" peer name {device(cable.near)} netns {pids[cable.far]}"
            for cable in cables()
        ]
        laid += [
            f"link add {device(office(site))} netns {pids[site.id]} type veth peer name lan netns {pids[office(site)]}"
            for site in SITES
            if site.inside
        ]
        country.tell(CENTRE, laid)
        for room in rooms():
            country.tell(room, lines(room))
        yield country


@contextmanager
def _holder() -> Iterator[int]:
    """A process that keeps a namespace alive, and forwards in it."""
    script = "echo 1 >/proc/sys/net/ipv4/ip_forward && echo $$ && exec cat"
    process = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", script],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent(),  # noqa: PLW1509 - loaded before the fork
    )  # fmt: skip
    try:
        told = process.stdout.readline().strip() if process.stdout else b""
        if not told:
            raise RuntimeError("this machine allows no network namespaces")
        yield int(told)
    finally:
        process.terminate()
        process.communicate(timeout=10)
