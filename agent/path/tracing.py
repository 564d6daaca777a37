"""Starts a child to trace a path and reads its answer; a child that takes too long, or too much, is ended by its id."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import msgspec

from agent.path.trace import Answers, Request
from agent.probe import ProbeFailed
from shared.wire.reading import Outcome

_ROOT = Path(__file__).parents[2]
_ANSWER_LIMIT_BYTES = 512 * 1024
_COMMAND = (sys.executable, "-m", "agent.path.child")


async def trace(request: Request, limit_seconds: float, command: tuple[str, ...] = _COMMAND) -> Answers:
    """One trace; raises :class:`ProbeFailed` where the child could not measure."""
    child = await asyncio.create_subprocess_exec(
        *command,
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limit_seconds):
            body = await _talk(child, msgspec.json.encode(request))
    except TimeoutError:
        raise ProbeFailed(Outcome.ERROR, f"the trace took more than {limit_seconds:g} s and was ended") from None
    finally:
        _end(child.pid)
        await child.wait()
    return _read(body, child.returncode)


async def _talk(child: asyncio.subprocess.Process, question: bytes) -> bytes:
    if child.stdin is None or child.stdout is None:
        raise ProbeFailed(Outcome.ERROR, "the trace's child has no pipes")
    with contextlib.suppress(ConnectionError):
        child.stdin.write(question)
        await child.stdin.drain()
    child.stdin.close()
    body = b""
    while len(body) <= _ANSWER_LIMIT_BYTES and (more := await child.stdout.read(65_536)):
        body += more
    return body


def _end(pid: int) -> None:
    """Its whole session, for it may have children; nothing where it has ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _read(body: bytes, code: int | None) -> Answers:
    if not body:
        raise ProbeFailed(Outcome.ERROR, f"the trace's child ended without an answer (status {code})")
    try:
        answers = msgspec.json.decode(body, type=Answers)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ProbeFailed(Outcome.ERROR, "the trace's child gave no answer that can be read") from None
    if answers.error:
        raise ProbeFailed(Outcome.DENIED if answers.denied else Outcome.ERROR, answers.error[:200])
    return answers
