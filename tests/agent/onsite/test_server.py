"""The page's socket among clients of every kind: the slow, the many, the rude; and addresses that are not there."""

import socket
import time
from contextlib import ExitStack, closing

from lab.ports import free_port
from tests.peers.local_page import answered, fetch, serving
from tests.peers.programs import until
from tests.peers.village import Heard


def ready(port: int, host: str = "127.0.0.1") -> None:
    until("the page is served", lambda: fetch(port, "/healthz", host) == (200, "ok\n"))


def idle(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), 5)
    client.settimeout(15)
    return client


def test_both_languages_and_health_are_served_and_nothing_else() -> None:
    with serving(title="UBND xã Quản Bạ") as (scene, port):
        ready(port)
        scene.way.live(400)

        assert "<h1>Mạng đang tốt</h1>" in fetch(port)[1]
        assert "<h1>The network is well</h1>" in fetch(port, "/?lang=en")[1]
        assert "<h1>Mạng đang tốt</h1>" in fetch(port, "/?lang=xx&lang=de")[1]
        assert fetch(port, "/", method="HEAD") == (200, "")
        assert [fetch(port, path)[0] for path in ("/favicon.ico", "//", "/index.html", "/healthz/", "*")] == [404] * 5
        assert fetch(port, "/", method="POST")[0] == 405


def test_an_ipv6_address_is_served() -> None:
    with serving(place=("::1", free_port())) as (_, port):
        ready(port, "::1")


def test_slow_clients_have_five_seconds_and_an_honest_one_gets_in_all_the_while() -> None:
    with serving() as (_, port), ExitStack() as stack:
        ready(port)
        slow = [stack.enter_context(closing(idle(port))) for _ in range(12)]
        begun = time.monotonic()
        for client in slow:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
        assert answered(port, 2)

        assert slow[0].recv(1) == b"", "hung up on without a word"
        assert 4.0 < time.monotonic() - begun < 7.0


def test_a_crowd_pushes_itself_out_and_an_honest_client_gets_in() -> None:
    """More than there is room for, none of whom asks for anything."""
    with serving() as (_, port), ExitStack() as stack:
        ready(port)
        crowd = [stack.enter_context(closing(idle(port))) for _ in range(40)]
        assert answered(port, 4)

        begun = time.monotonic()
        assert crowd[0].recv(1) == b""
        assert time.monotonic() - begun < 2.0, "the first to come was the first to go"


def test_clients_that_ask_and_never_take_the_answer_do_not_keep_others_out() -> None:
    with serving() as (_, port), ExitStack() as stack:
        ready(port)
        for _ in range(20):
            client = stack.enter_context(closing(idle(port)))
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert answered(port, 5)


def test_clients_that_hang_up_at_once_or_send_noise_do_no_harm() -> None:
    with serving() as (_, port):
        ready(port)
        for number in range(60):
            with closing(idle(port)) as client:
                if number % 3 == 0:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                elif number % 3 == 1:
                    client.sendall(bytes(range(256)) * 64)
                else:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 3)
        assert answered(port)


def test_a_bug_of_the_page_is_an_answer_and_a_line_and_the_page_goes_on() -> None:
    log = Heard()
    with serving(log=log) as (scene, port):
        ready(port)
        scene.break_down = True
        assert fetch(port)[0] == 500
        assert fetch(port)[0] == 500
        scene.break_down = False
        assert fetch(port)[0] == 200

    assert log.lines == ["fault of the local page: ZeroDivisionError: a bug of the page"]


def test_a_port_that_is_taken_is_told_once_and_served_when_it_is_free() -> None:
    log = Heard()
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with serving(place=("127.0.0.1", port), log=log):
            until("it complains", lambda: bool(log.lines))
            taken.close()
            ready(port)

    assert log.lines == [
        f"the local page cannot be served, it is tried again: 127.0.0.1 port {port}: address already in use"
    ]


def test_an_address_that_is_not_there_is_told_once_and_costs_nothing() -> None:
    """A computer that is faster than its DHCP server."""
    log = Heard()
    with serving(place=("192.0.2.77", 8088), log=log):
        until("it complains", lambda: bool(log.lines))

    assert log.lines == [
        "the local page cannot be served, it is tried again: 192.0.2.77 port 8088: cannot assign requested address"
    ]


def test_a_thousand_connections_do_not_keep_an_honest_client_out() -> None:
    with serving() as (_, port), ExitStack() as stack:
        ready(port)
        for _ in range(1000):
            client = stack.enter_context(socket.socket())
            client.settimeout(0)
            client.connect_ex(("127.0.0.1", port))
        assert answered(port, 20)
