"""Four hops with two branches in namespaces of their own, for a command among them.

    unshare --net --mount python -m tests.peers.routers CASE COMMAND

The command's host is 10.9.1.1, the target 10.9.6.2. All of it goes with the process.
"""

import subprocess
import sys

LINKS = (
    ("host", "10.9.1.1", "r1", "10.9.1.2"),
    ("r1", "10.9.2.1", "left", "10.9.2.2"),
    ("r1", "10.9.3.1", "right", "10.9.3.2"),
    ("left", "10.9.4.1", "r3", "10.9.4.2"),
    ("right", "10.9.5.1", "r3", "10.9.5.2"),
    ("r3", "10.9.6.1", "target", "10.9.6.2"),
)
ROUTES = (
    ("host", "default via 10.9.1.2"),
    ("r1", "10.9.6.0/24 nexthop via 10.9.2.2 nexthop via 10.9.3.2"),
    ("left", "10.9.6.0/24 via 10.9.4.2"),
    ("left", "default via 10.9.2.1"),
    ("right", "10.9.6.0/24 via 10.9.5.2"),
    ("right", "default via 10.9.3.1"),
    ("r3", "default via 10.9.4.1"),
    ("target", "default via 10.9.6.1"),
)
SYSCTLS = (
    "net.ipv4.ip_forward=1",
    "net.ipv4.fib_multipath_hash_policy=1",
    "net.ipv4.icmp_ratelimit=0",
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
)
CASES = {
    "plain": (),
    "silent": ("ip netns exec r3 ip rule add iif lo to 10.9.1.0/24 blackhole priority 10",),
    "unreachable": (
        "ip netns exec r3 ip route del 10.9.6.0/24",
        "ip netns exec r3 ip route add unreachable 10.9.6.0/24",
    ),
}
"""``silent``: the third router forwards and says nothing, so that its small MTU is a black hole."""


def run(command: str) -> None:
    subprocess.run(command.split(), check=True, capture_output=True)


def inside(name: str, command: str) -> None:
    run(command if name == "host" else f"ip netns exec {name} {command}")


def build(case: str) -> None:
    run("mount -t tmpfs none /run")
    names = sorted({name for a, _, b, _ in LINKS for name in (a, b)} - {"host"})
    for name in names:
        run(f"ip netns add {name}")
    for name in ("host", *names):
        inside(name, "ip link set lo up")
        for setting in SYSCTLS:
            inside(name, f"sysctl -qw {setting}")
    for number, (a, address_a, b, address_b) in enumerate(LINKS):
        run(f"ip link add a{number} type veth peer name b{number}")
        for end, name, address in ((f"a{number}", a, address_a), (f"b{number}", b, address_b)):
            if name != "host":
                run(f"ip link set {end} netns {name}")
            inside(name, f"ip addr add {address}/24 dev {end}")
            inside(name, f"ip link set {end} up" + (" mtu 1400" if a == "r3" else ""))
    for name, route in ROUTES:
        inside(name, f"ip route add {route}")
    for command in CASES[case]:
        run(command)


if __name__ == "__main__":
    build(sys.argv[1])
    sys.exit(subprocess.run(sys.argv[2:], check=False).returncode)
