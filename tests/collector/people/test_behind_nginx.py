"""People behind the shipped configuration of nginx: where forms come from, whose tries count, what stays inside."""

import ssl
from pathlib import Path

from collector.people.person import Role
from tests.config.test_nginx import CONFIGURATION
from tests.peers.authority import Authority, authority
from tests.peers.presence import require
from tests.peers.programs import free_port, running, until
from tests.peers.visitor import Visitor, house

FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def configured(folder: Path, ca: Authority, port: int, behind: int) -> Path:
    """The shipped file in a frame, with the test's certificate and ports."""
    chain, key = ca.server(folder, "server")
    text = CONFIGURATION.read_text(encoding="utf-8")
    for before, after in (
        ("/etc/phusong/chain.pem", str(chain)),
        ("/etc/phusong/server.key", str(key)),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("http://127.0.0.1:8080", f"http://127.0.0.1:{behind}"),
    ):
        assert before in text
        text = text.replace(before, after)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    frame = (
        f"daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{text}}}\n"
    )
    file.write_text(frame, encoding="utf-8")
    return file


async def test_people_log_in_through_the_proxy_and_each_is_counted_by_their_own_address(tmp_path: Path) -> None:
    program, port = require("nginx", "nginx-light"), free_port()
    ca = authority(tmp_path, "ca")
    async with house(tmp_path / "state", required=True) as found:
        found.add("an", Role.VIEWER)
        file = configured(tmp_path, ca, port, found.port)
        command = [program, "-p", str(tmp_path), "-c", str(file), "-e", "stderr"]
        with running("nginx", command, tmp_path) as started:
            until("nginx is there", lambda: (tmp_path / "pid").read_text(encoding="ascii").strip(), started)
            context = ssl.create_default_context(cafile=ca.path)
            visitor = Visitor(port, context=context, source="127.0.0.7")
            visitor.headers = {"Origin": f"https://127.0.0.1:{port}", "X-Forwarded-For": "203.0.113.9"}

            assert (await visitor.log_in("an")).status == 303, "an old browser tells its origin only"
            assert (await visitor.get("/account")).status == 200
            assert [(await visitor.get(path)).status for path in ("/metrics", "/sd/icmp")] == [403, 403]
            visitor.headers["Origin"] = f"https://127.0.0.1:{found.port}"
            assert (await visitor.submit("/account", "/logout", {})).status == 403

        assert found.log() == [("an", "login", "an", "127.0.0.7")]
