"""Writes the dashboards' JSON into ``json/`` beside this file, or tells that it is out of date; it asks no server."""

import sys
from pathlib import Path

from dashboards.shipped import FOLDER, files


def main() -> int:
    """``python -m dashboards`` writes; with ``--check`` nothing is written, and 1 says that something would be."""
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        print("usage: python -m dashboards [--check]", file=sys.stderr)
        return 2
    wanted = files()
    stale = [name for name, text in wanted.items() if _read(FOLDER / name) != text]
    foreign = sorted(path for path in FOLDER.glob("*.json") if path.name not in wanted)
    for name in stale:
        print(f"{name} is out of date" if check else f"writes {name}")
        if not check:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / name).write_text(wanted[name], encoding="utf-8")
    for path in foreign:
        print(f"{path.name} belongs to no page")
    return 1 if foreign or (check and stale) else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
