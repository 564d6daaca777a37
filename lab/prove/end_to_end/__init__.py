"""Faults end to end: real programs in namespaces, from the cut cable to the message; it simulates no program."""

from lab.prove.end_to_end.run import PROOF as PROOF
