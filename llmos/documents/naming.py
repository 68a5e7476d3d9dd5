"""Name and description of agents, skills and commands, which files in the wild often leave out.

Knows what may serve instead: the file's or folder's name, the first paragraph of the body.
"""

import re

from llmos.documents.document import Document
from llmos.documents.fields import Fields

_UNSAFE = re.compile(r"[\x00-\x1f/\\]|^\.\.?$")
_STANDARD = re.compile(r"(?!.*--)[^\W_A-Z](?:[^\W_A-Z]|-)*(?<!-)")
_PLAIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_NAME = 64


def is_plain(name: str) -> bool:
    """Whether it is made of small letters and digits, words joined by single hyphens, and no longer than 64.

    What LLMos names files after is; such a name is safe on every disk and in every address.
    """
    return len(name) <= MAX_NAME and _PLAIN.fullmatch(name) is not None


def not_empty(document: Document) -> None:
    """Raise DocumentError for a file with neither keys nor body, as an editor leaves it half-way through saving."""
    if not document.keys and not document.body.strip():
        raise document.wrong("", "the file is empty")


def named(fields: Fields, instead: str) -> str:
    """The name; `instead` where there is none or where it could not be the name of a file."""
    name = fields.text("name")
    if name is None:
        return instead
    if _STANDARD.fullmatch(name) and len(name) <= MAX_NAME and name == name.lower():
        return name
    if _UNSAFE.search(name):
        fields.warn("name", f"a name must not hold slashes or line breaks; '{instead}' is used")
        return instead
    if len(name) > MAX_NAME:
        fields.warn("name", f"the name has {len(name)} characters; {MAX_NAME} are allowed by the standard")
    else:
        fields.warn("name", f"the name '{name}' should be small letters, digits and single hyphens")
    return name


def described(fields: Fields) -> str:
    """The description; without one, the first paragraph of the body."""
    description = fields.text("description")
    if description is not None:
        return description
    from llmos.documents.structure import first_paragraph

    first = first_paragraph(fields.document.body)
    fields.warn("description", "there is no description; " + ("the first paragraph serves" if first else "add one"))
    return first
