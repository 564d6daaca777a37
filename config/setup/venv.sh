#!/bin/bash
# Makes the virtual environment with everything of this project in it; Debian's python3 alone lacks venv and pip.
set -euo pipefail
venv=${1:?usage: venv.sh FOLDER}
here=$(cd "$(dirname "$0")" && pwd)

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    "$here/packages.sh" python3-venv || {
        echo 'phusong: python3 has no venv module here: sudo apt-get install python3-venv' >&2
        exit 1
    }
fi
echo "phusong: setting up $venv (once, a minute or two)"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
touch "$venv/.ready"
