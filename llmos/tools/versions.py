"""By what a tool is known again: a hash of what it promises and of the file that keeps the promise.

Knows no run. What other modules do on a tool's behalf is not in the hash; gate and permissions judge that anew.
"""

import functools
from pathlib import Path

import msgspec

from llmos.documents.document import hash_of
from llmos.tools.base import Tool


def version_of(tool: Tool) -> str:
    """`sha256:HEX`, the same on every machine and Python; only what is promised counts where the code is not Python."""
    spec = tool.spec
    return _hash(spec.name, _json(spec.input_schema), str(spec.effect), spec.description, _code(tool))


@functools.lru_cache(maxsize=1024)
def _hash(*parts: str) -> str:
    return hash_of("\0".join(parts).encode("utf-8", "surrogatepass"))


def _json(schema: object) -> str:
    return msgspec.json.encode(schema, order="deterministic").decode()


def _code(tool: Tool) -> str:
    """Which code it is: a plugin's module is named after its content, ours is what stands in its file."""
    if tool.function is None:
        return ""
    module = tool.function.__module__ or ""
    code = getattr(tool.function, "__code__", None)
    if module.startswith("llmos_plugin_") or code is None:
        return module
    return _content(code.co_filename) or hash_of(code.co_code)


@functools.cache
def _content(path: str) -> str:
    """The hash of a file's content; empty where there is no such file, as in an archive."""
    try:
        return hash_of(Path(path).read_bytes())
    except OSError:
        return ""
