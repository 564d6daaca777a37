"""Which keys a type knows at a place of a document, so that the nearest right one can be named; it reads no file."""

import re
from typing import Any

import msgspec


def keys_at(content: Any, kind: Any, place: str) -> set[str]:
    """The keys that a struct knows at ``place``: follow the place through the type, unions by their tag."""
    here: Any = msgspec.inspect.type_info(kind)
    for step in re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", place):
        here, content = _descend(here, content, step[0] or step[1])
    return {field.encode_name for struct in _structs(here, content) for field in struct.fields}


def _descend(here: Any, content: Any, step: str) -> tuple[Any, Any]:
    inner = content[int(step)] if step.isdigit() and isinstance(content, list) else None
    if isinstance(content, dict):
        inner = content.get(step)
    for struct in _structs(here, content):
        for field in struct.fields:
            if field.encode_name == step:
                return field.type, inner
    for branch in getattr(here, "types", (here,)):
        if hasattr(branch, "item_type"):
            return branch.item_type, inner
        if hasattr(branch, "value_type"):
            return branch.value_type, inner
    return here, inner


def _structs(here: Any, content: Any) -> list[msgspec.inspect.StructType]:
    found = [t for t in getattr(here, "types", (here,)) if isinstance(t, msgspec.inspect.StructType)]
    tagged = [t for t in found if isinstance(content, dict) and t.tag_field and content.get(t.tag_field) == t.tag]
    return tagged or found
