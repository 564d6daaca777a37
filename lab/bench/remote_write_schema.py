"""Remote write's messages as the protobuf package itself knows them: an oracle that shares no line with our writer."""

from collections.abc import Sequence
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_KIND = descriptor_pb2.FieldDescriptorProto
Field = tuple[str, int, int, bool, str]
"""Name, number, type, repeated, name of the message where it is one."""

_V1: dict[str, Sequence[Field]] = {
    "Label": [("name", 1, _KIND.TYPE_STRING, False, ""), ("value", 2, _KIND.TYPE_STRING, False, "")],
    "Sample": [("value", 1, _KIND.TYPE_DOUBLE, False, ""), ("timestamp", 2, _KIND.TYPE_INT64, False, "")],
    "TimeSeries": [
        ("labels", 1, _KIND.TYPE_MESSAGE, True, ".prometheus.Label"),
        ("samples", 2, _KIND.TYPE_MESSAGE, True, ".prometheus.Sample"),
    ],
    "WriteRequest": [("timeseries", 1, _KIND.TYPE_MESSAGE, True, ".prometheus.TimeSeries")],
}
_V2: dict[str, Sequence[Field]] = {
    "Sample": [("value", 1, _KIND.TYPE_DOUBLE, False, ""), ("timestamp", 2, _KIND.TYPE_INT64, False, "")],
    "TimeSeries": [
        ("labels_refs", 1, _KIND.TYPE_UINT32, True, ""),
        ("samples", 2, _KIND.TYPE_MESSAGE, True, ".io.prometheus.write.v2.Sample"),
    ],
    "Request": [
        ("symbols", 4, _KIND.TYPE_STRING, True, ""),
        ("timeseries", 5, _KIND.TYPE_MESSAGE, True, ".io.prometheus.write.v2.TimeSeries"),
    ],
}


def message(name: str) -> Any:
    """Class of ``prometheus.WriteRequest`` or ``io.prometheus.write.v2.Request``."""
    package, _, short = name.rpartition(".")
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for kind, fields in {"prometheus": _V1, "io.prometheus.write.v2": _V2}[package].items():
        described = file.message_type.add(name=kind)
        for field, number, of, repeated, inner in fields:
            label = _KIND.LABEL_REPEATED if repeated else _KIND.LABEL_OPTIONAL
            described.field.add(name=field, number=number, type=of, label=label, type_name=inner or None)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{short}"))
