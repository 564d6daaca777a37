"""Runs the proofs by name, all of them where none is named, and prints a line for each promise."""

import argparse
import json
import sys
import time
from collections.abc import Mapping

from lab.prove import Finding, Proof, Trial, load_proofs

_HEAD = "| promise | proof | tries | broken | s | seen |\n|---|---|---|---|---|---|"


def main() -> int:
    """Entry of ``python -m lab.prove``: 0 where each promise held, or where each sabotage was seen."""
    proofs = load_proofs()
    arguments = _parser(proofs).parse_args()
    names = arguments.names or list(proofs)
    unknown = [name for name in names if name not in proofs]
    if unknown:
        print(f"no proof is called {unknown[0]!r}; there are: {', '.join(proofs)}", file=sys.stderr)
        return 2
    if not arguments.json:
        print(_HEAD, flush=True)
    verdicts = [_prove(proofs[name], arguments) for name in names]
    return 0 if all(verdicts) else 1


def _parser(proofs: dict[str, Proof]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab.prove",
        description="runs that could refute what phusong promises",
        epilog="example: python -m lab.prove fuzz-icmp --count 100000",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(proofs)}")
    parser.add_argument("--count", type=int, help="tries, instead of the nightly run's")
    parser.add_argument("--seed", type=int, default=20_250_701)
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="parts of a proof that has some")
    parser.add_argument("--json", action="store_true", help="lines of JSON, a line also for each part that was seen")
    parser.add_argument("--sabotage", action="store_true", help="against a build broken on purpose: 0 where it is seen")
    return parser


def _prove(proof: Proof, arguments: argparse.Namespace) -> bool:
    count = arguments.count or (proof.teeth if arguments.sabotage else proof.count)
    trial = Trial(
        count,
        arguments.seed,
        arguments.sabotage,
        tell=lambda text: print(f"  {text}", file=sys.stderr),
        only=tuple(arguments.only),
        note=_note if arguments.json else lambda _: None,
    )
    begun = time.monotonic()
    finding = proof.run(trial)
    seconds = time.monotonic() - begun
    if arguments.json:
        _note({"proof": proof.name, "tries": finding.tries, "broken": finding.broken, "seconds": round(seconds, 1)})
    else:
        print(_line(proof, finding, seconds, sabotage=trial.sabotage), flush=True)
    return (finding.broken > 0) is trial.sabotage


def _note(seen: Mapping[str, object]) -> None:
    print(json.dumps(seen, ensure_ascii=False), flush=True)


def _line(proof: Proof, finding: Finding, seconds: float, *, sabotage: bool) -> str:
    promise = f"(sabotaged) {proof.promise}" if sabotage else proof.promise
    seen = "; ".join(finding.seen)
    return f"| {promise} | {proof.name} | {finding.tries:,} | {finding.broken:,} | {seconds:.0f} | {seen} |"


if __name__ == "__main__":
    sys.exit(main())
