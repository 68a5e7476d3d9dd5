"""The topics of a recording, and the schema of each: Foxglove's own, in protobuf, or a JSON Schema of ours.

Knows no file. Source of those that begin with `foxglove.`: https://docs.foxglove.dev/docs/visualization/message-schemas
Which of them Rerun shows, and only in protobuf: https://rerun.io/docs/reference/mcap/message-formats
"""

from collections.abc import Mapping
from typing import Final, Protocol

from llmos.messages import JSON

TOPICS: Final[Mapping[str, str]] = {
    "/robot/pose": "foxglove.PoseInFrame",
    "/robot/transform": "foxglove.FrameTransform",
    "/robot/state": "llmos.RobotState",
    "/robot/command": "llmos.Command",
    "/robot/motion": "llmos.Motion",
    "/gate/verdict": "llmos.Verdict",
    "/gate/log": "foxglove.Log",
    "/camera": "foxglove.CompressedImage",
}
"""Topic -> schema."""

_NUMBER: Final[JSON] = {"type": "number"}
_TEXT: Final[JSON] = {"type": "string"}


def _object(**properties: JSON) -> dict[str, JSON]:
    return {"type": "object", "properties": properties}


_XYZ = {"x": _NUMBER, "y": _NUMBER, "z": _NUMBER}
_MEASURED = _object(**_XYZ, theta_rad=_NUMBER, speed_mps=_NUMBER, gripper_closed={"type": "boolean"}, objects=_object())

SCHEMAS: Final[Mapping[str, JSON]] = {
    "llmos.RobotState": _MEASURED,
    "llmos.Command": _object(verb=_TEXT, principal=_TEXT),
    "llmos.Motion": _object(command=_object(), measured=_MEASURED, reached={"type": "boolean"}, duration_s=_NUMBER),
    "llmos.Verdict": _object(command=_object(), allowed={"type": "boolean"}, rule=_TEXT, reason=_TEXT),
}
"""Our own schema -> JSON Schema."""


class Shown(Protocol):
    """A message in protobuf; it takes its fields by name."""

    def __init__(self, **fields: object) -> None: ...

    def SerializeToString(self) -> bytes:  # noqa: N802
        """As it goes over the wire."""


def protobuf(schema: str) -> type[Shown]:
    """What Foxglove gives for a schema of its own."""
    from foxglove_schemas_protobuf.CompressedImage_pb2 import CompressedImage
    from foxglove_schemas_protobuf.FrameTransform_pb2 import FrameTransform
    from foxglove_schemas_protobuf.Log_pb2 import Log
    from foxglove_schemas_protobuf.PoseInFrame_pb2 import PoseInFrame

    kinds = (CompressedImage, FrameTransform, Log, PoseInFrame)
    return {kind.DESCRIPTOR.full_name: kind for kind in kinds}[schema]
