"""The whole collector: one at a time on its folder, and it ends quietly under clients that never finish."""

import asyncio
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import yaml

from collector.__main__ import main
from lab.ports import free_port

ROOT = Path(__file__).parents[3]
TOKEN = "canary-token-of-a1-canary"


def settings(folder: Path, name: str) -> tuple[Path, int]:
    port = free_port()
    (folder / "sites.csv").write_text("code,name,,\n1,a,,\n2,b,,,\n", encoding="utf-8")
    content = {
        "listen": {"port": port},
        "state": str(folder / "state"),
        "inventory": "sites.csv",
        "agents": [{"name": "a1", "site": "1", "token": TOKEN}],
    }
    path = folder / name
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path, port


async def start(config: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "collector", "run", "--config", str(config)), cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )


async def until_it_listens(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def end(collector: asyncio.subprocess.Process) -> str:
    collector.send_signal(signal.SIGTERM)
    _, said = await asyncio.wait_for(collector.communicate(), 30)
    assert collector.returncode == 0, said.decode()
    return said.decode()


async def test_a_second_collector_on_the_same_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    config, port = settings(tmp_path, "first.yaml")
    first = await start(config)
    await until_it_listens(port)

    second = await start(settings(tmp_path, "second.yaml")[0])
    try:
        _, said = await asyncio.wait_for(second.communicate(), 30)
    finally:
        if second.returncode is None:
            second.kill()
        await end(first)

    assert second.returncode == 1
    assert said.decode().endswith(f"{tmp_path}/state: another one works on this folder: end it first\n")
    assert len(said.splitlines()) == 1


async def test_clients_that_never_finish_are_cut_off_at_the_end_without_a_line_each(tmp_path: Path) -> None:
    config, port = settings(tmp_path, "c.yaml")
    collector = await start(config)
    await until_it_listens(port)
    begun = (
        f"POST /api/v1/batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\nph"
    )

    with ExitStack() as stack:
        for _ in range(20):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(begun.encode())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"200" in await reader.readline()
        writer.close()
        said = await end(collector)

    assert "Exception" not in said
    assert TOKEN not in said
    assert len(said.splitlines()) <= 4


async def get(port: int, path: str, wanted: str) -> str:
    """A page, once it says what is wanted."""
    async with asyncio.timeout(60):
        while True:
            with suppress(ConnectionError):  # in the middle of a turn to another inventory
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                said = (await reader.read()).decode()
                writer.close()
                if wanted in said:
                    return said
            await asyncio.sleep(0.1)


async def fleet(port: int) -> str:
    """The page of metrics, once there was an evaluation."""
    return await get(port, "/metrics", "phusong_inventory_expected_sites ")


async def shows(port: int, sites: int) -> None:
    """Wait until so many sites are on the page."""
    async with asyncio.timeout(60):
        while True:
            if (await fleet(port)).count("\nphusong_site_info{") == sites:
                return
            await asyncio.sleep(0.1)


async def test_a_collector_that_comes_back_with_far_fewer_sites_runs_and_expects_the_others(tmp_path: Path) -> None:
    """Then count(phusong_site_info) is below phusong_inventory_expected_sites, and PhusongInventoryShrunk fires."""
    config, port = settings(tmp_path, "c.yaml")
    for kept in (10, 7):
        rows = "".join(f"{number},x\n" for number in range(1, kept + 1))
        (tmp_path / "sites.csv").write_text(f"code,name\n{rows}", encoding="utf-8")
        collector = await start(config)
        try:
            await until_it_listens(port)
            page = await fleet(port)
        finally:
            said = await end(collector)

        assert page.count("\nphusong_site_info{") == kept
        assert "\nphusong_inventory_expected_sites 10" in page
    assert "3 of the 10 sites accepted last are missing" in said


async def test_an_imported_site_appears_while_the_collector_runs(tmp_path: Path) -> None:
    config, port = settings(tmp_path, "c.yaml")
    stated = yaml.safe_load(config.read_text(encoding="utf-8"))
    del stated["inventory"]
    config.write_text(yaml.safe_dump(stated), encoding="utf-8")
    assert main(["import-sites", str(tmp_path / "sites.csv"), "--config", str(config)]) == 0
    collector = await start(config)
    try:
        await until_it_listens(port)
        await shows(port, 2)
        (tmp_path / "sites.csv").write_text("code,name\n1,a\n2,b\n3,c\n", encoding="utf-8")
        assert main(["import-sites", str(tmp_path / "sites.csv"), "--config", str(config)]) == 0
        collector.send_signal(signal.SIGHUP)
        await shows(port, 3)
    finally:
        said = await end(collector)

    assert "the inventory is another: 1 new, 0 gone, 0 altered" in said


async def test_a_hangup_reads_the_file_again_and_a_wrong_or_far_smaller_one_is_not_taken(tmp_path: Path) -> None:
    config, port = settings(tmp_path, "c.yaml")
    sheet, log = tmp_path / "sites.csv", b""
    collector = await start(config)
    assert collector.stderr is not None
    try:
        await until_it_listens(port)
        await fleet(port)
        for text, told in (
            ("code,name\n1,a\n", b"1 of 2 sites would go"),
            ("code,name\n1,=a\n2,b\n", b"begins with '='"),
            ("code,name\n1,a\n2,b\n3,c\n", b"the inventory is another"),
        ):
            sheet.write_text(text, encoding="utf-8")
            collector.send_signal(signal.SIGHUP)
            async with asyncio.timeout(60):
                while told not in log:
                    log += await collector.stderr.readline()
        await shows(port, 3)
    finally:
        await end(collector)

    assert log.count(b"the inventory in use stays") == 2
