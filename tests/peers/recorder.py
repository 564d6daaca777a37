"""A channel without a line, for machines that crash a thousand times; it passes the suite of the real ones."""

import asyncio
from dataclasses import dataclass, field

from collector.notify.message import Audience, Message, RefusedError, UntoldError
from tests.peers.gateway import Gateway


class Crash(BaseException):
    """The power is gone, here."""


@dataclass
class Recorder:
    """Does with messages what the gateway's mode says."""

    gateway: Gateway
    name: str = "recorder"
    audience: Audience = Audience.PEOPLE
    heard: list[Message] = field(default_factory=list)
    crashes: str = ""
    """``before`` or ``after`` it has heard the next message."""

    breaks: bool = False
    """Whether it has a fault of its own."""

    async def tell(self, message: Message, _now_ns: int) -> None:
        self.gateway.tries += 1
        crashes, self.crashes = self.crashes, ""
        if crashes == "before":
            raise Crash
        if self.breaks:
            raise ZeroDivisionError
        if self.gateway.mode == "hang":
            self.gateway.hanging += 1
            await asyncio.Event().wait()
        if self.gateway.mode == "never":
            raise RefusedError("never")
        if self.gateway.mode != "take":
            raise UntoldError("later")
        self.heard.append(message)
        self.gateway.bodies.append(message.key.encode())
        if crashes == "after":
            raise Crash

    async def refresh(self, _standing: tuple[Message, ...], _now_ns: int) -> None:
        if self.gateway.mode != "take":
            raise UntoldError("later")
