#!/bin/bash
# Installs the Debian packages that the tests use as real peers; says what stays untested where it may not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages=(libatomic1 nginx-light snmpd snmp prometheus prometheus-alertmanager victoria-metrics iputils-ping fping iproute2 chromium fonts-dejavu-core util-linux systemd faketime node-typescript)

# Only for the figures of `make bench`; the tests do without.
packages+=(prometheus-blackbox-exporter)

missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "phusong: installing ${missing[*]}"
# The services of these packages are not wanted: the tests start their own, on free ports.
if ! RUNLEVEL=1 "$here/packages.sh" "${missing[@]}"; then
    echo "phusong: may not install ${missing[*]}: the tests that need them will be skipped, each says so" >&2
    [ -z "${PHUSONG_REQUIRE_PEERS:-}" ]
fi
