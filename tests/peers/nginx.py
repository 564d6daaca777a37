"""Debian's nginx as it stands in front of a collector: it ends TLS and passes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.ports import free_port
from tests.peers.presence import require
from tests.peers.programs import Program, running, until

_CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port}{tls};
        client_max_body_size 2m;
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_set_header X-SSL-Client-S-DN "CN=province";
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""


@contextmanager
def nginx(
    folder: Path, chain: Path | None, key: Path | None, behind: int, port: int | None = None
) -> Iterator[tuple[int, Program]]:
    """A proxy with this certificate, or without TLS; gives its port."""
    program = require("nginx", "nginx-light")
    folder.mkdir(parents=True, exist_ok=True)
    number = port or free_port()
    file = folder / "nginx.conf"
    tls = "" if chain is None else f" ssl; ssl_certificate {chain}; ssl_certificate_key {key}"
    text = _CONFIGURATION.format(folder=folder, port=number, tls=tls, behind=behind)
    file.write_text(text, encoding="utf-8")
    command = [program, "-p", str(folder), "-c", str(file), "-e", "stderr"]
    with running("nginx", command, folder) as started:
        until("nginx is there", lambda: (folder / "nginx.pid").read_text(encoding="ascii").strip(), started)
        yield number, started
