"""The topics of a recording, and the JSON Schema of each; names beginning with `foxglove.` are Foxglove's own.

Knows no file. Source of those: https://docs.foxglove.dev/docs/visualization/message-schemas
"""

from collections.abc import Mapping
from typing import Final

from llmos.messages import JSON

TOPICS: Final[Mapping[str, str]] = {
    "/robot/pose": "foxglove.PoseInFrame",
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


_TIME = _object(sec={"type": "integer"}, nsec={"type": "integer"})
_XYZ = {"x": _NUMBER, "y": _NUMBER, "z": _NUMBER}
_POSE = _object(position=_object(**_XYZ), orientation=_object(**_XYZ, w=_NUMBER))
_MEASURED = _object(**_XYZ, theta_rad=_NUMBER, speed_mps=_NUMBER, gripper_closed={"type": "boolean"}, objects=_object())

SCHEMAS: Final[Mapping[str, JSON]] = {
    "foxglove.PoseInFrame": _object(timestamp=_TIME, frame_id=_TEXT, pose=_POSE),
    "foxglove.Log": _object(timestamp=_TIME, level={"type": "integer"}, message=_TEXT, name=_TEXT),
    "foxglove.CompressedImage": _object(
        timestamp=_TIME, frame_id=_TEXT, data={"type": "string", "contentEncoding": "base64"}, format=_TEXT
    ),
    "llmos.RobotState": _MEASURED,
    "llmos.Command": _object(verb=_TEXT, principal=_TEXT),
    "llmos.Motion": _object(command=_object(), measured=_MEASURED, reached={"type": "boolean"}, duration_s=_NUMBER),
    "llmos.Verdict": _object(command=_object(), allowed={"type": "boolean"}, rule=_TEXT, reason=_TEXT),
}
"""Schema -> JSON Schema."""
