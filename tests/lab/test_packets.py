"""Whatever arrives, a simulated router answers it soundly or stays silent; it never stumbles."""

import random

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP

from lab import packets
from lab.network import Network
from lab.recording import parse_recording
from lab.responder import Responder
from lab.router import Router
from lab.wan import Quality


def network() -> Network:
    made = Network(random.Random(1))
    responder = Responder(parse_recording("1.3.6.1.2.1.1.5.0|4|{name}"), "public")
    made.place("10.0.0.1", Router(responder, {"name": "here"}), Quality())
    return made


def answers(packet: bytes) -> list[bytes]:
    return [answer for _, answer in network().answer(packet, 0)]


def one(packet: IP) -> IP:
    (answer,) = answers(bytes(packet))
    sound = IP(answer)
    rebuilt = sound.copy()
    for layer in (IP, ICMP, TCP, UDP):
        if layer in rebuilt:
            del rebuilt[layer].chksum
    assert bytes(rebuilt) == answer, "a checksum is wrong"
    return sound


def test_an_echo_comes_back_with_its_payload() -> None:
    answer = one(IP(src="10.9.9.9", dst="10.0.0.1") / ICMP(id=7, seq=9) / b"payload")

    assert (answer[ICMP].type, answer[ICMP].id, answer[ICMP].seq) == (0, 7, 9)
    assert (answer.src, answer.dst, bytes(answer[ICMP].payload)) == ("10.0.0.1", "10.9.9.9", b"payload")


def test_a_connection_attempt_is_refused_with_the_right_numbers() -> None:
    answer = one(IP(src="10.9.9.9", dst="10.0.0.1") / TCP(sport=1234, dport=22, seq=1000, flags="S"))

    assert (str(answer[TCP].flags), answer[TCP].ack, answer[TCP].sport, answer[TCP].dport) == ("RA", 1001, 22, 1234)


def test_a_reset_is_never_answered() -> None:
    """Two routers that answer each other's resets would never stop."""
    assert answers(bytes(IP(src="10.9.9.9", dst="10.0.0.1") / TCP(flags="R"))) == []


def test_another_udp_port_is_unreachable() -> None:
    answer = one(IP(src="10.9.9.9", dst="10.0.0.1") / UDP(sport=5, dport=99) / b"hello")

    assert (answer[ICMP].type, answer[ICMP].code) == (3, 3)


def test_wrong_checksums_and_fragments_are_dropped() -> None:
    echo = bytes(IP(src="10.9.9.9", dst="10.0.0.1") / ICMP())
    bent = [echo[:10] + b"\x00\x01" + echo[12:], echo[:22] + b"\x00\x01" + echo[24:]]
    fragment = bytes(IP(src="10.9.9.9", dst="10.0.0.1", flags="MF") / ICMP())

    assert [answers(packet) for packet in (*bent, fragment, b"", echo[:27])] == [[]] * 5


@given(noise=st.binary(max_size=120))
def test_noise_is_no_answer_and_no_error(noise: bytes) -> None:
    assert answers(noise) == []


@given(protocol=st.sampled_from([1, 6, 17, 47]), noise=st.binary(max_size=120))
def test_noise_inside_a_sound_header_never_raises(protocol: int, noise: bytes) -> None:
    head = IP(src="10.9.9.9", dst="10.0.0.1", proto=protocol)

    assert len(answers(bytes(head / noise))) <= 1


@given(noise=st.binary(max_size=200))
def test_noise_on_the_snmp_port_is_silence(noise: bytes) -> None:
    assert answers(bytes(IP(src="10.9.9.9", dst="10.0.0.1") / UDP(sport=5, dport=161) / noise)) == []


@given(data=st.binary(max_size=99))
def test_data_with_its_own_checksum_sums_to_zero(data: bytes) -> None:
    even = data + b"\x00" * (len(data) % 2)

    assert packets.checksum(even + packets.checksum(even).to_bytes(2, "big")) == 0
