"""What is done once before a demo's collector starts: its inventory is imported and a person may log in."""

import asyncio
from pathlib import Path

from lab.children import environment, module

NAME, PASSWORD = "demo", "phu-song-193-xa"
"""It opens nothing beyond this demo."""
SITES = "sites.csv"
_PATIENCE_SECONDS = 30.0


class CannotPrepare(Exception):  # noqa: N818 - shown to a person as one line
    """A command failed; the text is its last line."""


async def prepare(folder: Path) -> None:
    """By the commands that a province would use; raises :class:`CannotPrepare`."""
    config = ("--config", str(folder / "collector.yaml"))
    await asyncio.gather(
        _command(("import-sites", str(folder / SITES), *config), ""),
        _command(("user", "add", NAME, "--role", "admin", *config), f"{PASSWORD}\n"),
    )


async def _command(words: tuple[str, ...], typed: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *module("collector", *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment(),
    )
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            said, _ = await process.communicate(typed.encode())
    except TimeoutError:
        raise CannotPrepare(f"{words[0]}: no end within {_PATIENCE_SECONDS:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = said.decode("utf-8", "replace").splitlines()
        raise CannotPrepare(f"{words[0]}: {lines[-1] if lines else f'ended with {process.returncode}'}")
