"""The shipped configuration of nginx, as nginx itself judges it."""

import subprocess
from pathlib import Path

from tests.peers.authority import authority
from tests.peers.presence import require

CONFIGURATION = Path(__file__).parents[2] / "config" / "nginx" / "phusong.conf"


def test_nginx_takes_the_shipped_configuration(tmp_path: Path) -> None:
    program = require("nginx", "nginx-light")
    chain, key = authority(tmp_path, "ca").server(tmp_path, "server")
    text = CONFIGURATION.read_text(encoding="utf-8")
    text = text.replace("/etc/phusong/chain.pem", str(chain)).replace("/etc/phusong/server.key", str(key))
    paths = "".join(f"{name}_temp_path {tmp_path}/{name};\n" for name in ("proxy", "fastcgi", "uwsgi", "scgi"))
    file = tmp_path / "nginx.conf"
    file.write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\nclient_body_temp_path {tmp_path}/b;\n{paths}{text}}}\n", "utf-8"
    )
    command = [program, "-t", "-q", "-p", str(tmp_path), "-c", str(file), "-e", "stderr"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert (done.returncode, done.stderr) == (0, "")
