"""Texts the model sees and must write: the one chat template rendered, the call as compact JSON.

Knows no tokens. The template is the file that the GGUF carries, so training and serving cannot differ.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from llmos.messages import JSON
from llmos.models.chat_template import with_reading
from training.world import Call

if TYPE_CHECKING:
    from jinja2 import Template


def template_source() -> str:
    """The chat template of the pocket model."""
    return files("llmos.models.pocket").joinpath("template.jinja").read_text(encoding="utf-8")


def prompt(values: Mapping[str, JSON]) -> str:
    """The text before a reply."""
    state = values.get("state") or {}
    messages = [with_reading(message, state) for message in values["messages"]]
    return _template().render({**values, "messages": messages})


def reply(call: Call) -> str:
    """The one way to write a call, which the grammar allows: no blanks, numbers as decimals, letters as they are."""
    written = {"name": call.name, "arguments": dict(call.arguments)}
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1)
def _template() -> "Template":
    from jinja2 import Environment

    environment = Environment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template_source())
