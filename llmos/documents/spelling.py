"""One spelling for a key that people write in several: `allowed-tools`, `allowedTools`, `Allowed Tools`.

Knows no key's meaning.
"""

import re
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAP = re.compile(r"[\s_-]+")


@lru_cache(maxsize=1024)
def canonical(key: str) -> str:
    """The key in snake_case.

    >>> [canonical(key) for key in ("allowed-tools", "allowedTools", "Allowed Tools", "name")]
    ['allowed_tools', 'allowed_tools', 'allowed_tools', 'name']
    """
    return _GAP.sub("_", _HUMP.sub("_", key.strip())).lower()
