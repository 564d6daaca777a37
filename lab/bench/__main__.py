"""Runs the benches by name, all of them where none is named, and prints each as a table."""

import argparse
import sys

from lab.bench import Table, load_benches


def main() -> int:
    """Entry of ``python -m lab.bench``."""
    benches = load_benches()
    parser = argparse.ArgumentParser(prog="lab.bench", description="figures beside peers, in one run")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(sorted(benches))}")
    names = parser.parse_args().names or sorted(benches)
    unknown = [name for name in names if name not in benches]
    if unknown:
        print(f"no bench is called {unknown[0]!r}; there are: {', '.join(sorted(benches))}", file=sys.stderr)
        return 2
    for name in names:
        print(f"\n{benches[name].summary} ...", file=sys.stderr)
        print(render(benches[name].run(lambda text: print(f"  {text}", file=sys.stderr))), flush=True)
    return 0


def render(table: Table) -> str:
    """The table as Markdown, columns aligned."""
    lines = [table.columns, *table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    drawn = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in lines]
    drawn.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join([f"\n### {table.title}\n", *drawn, *(f"\n{note}" for note in table.notes)])


if __name__ == "__main__":
    sys.exit(main())
