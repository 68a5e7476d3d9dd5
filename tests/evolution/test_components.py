"""An agent's document falls into parts, and a part can be replaced without touching another byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import DocumentError
from llmos.evolution.components import components, with_component

AGENT = """---
name: x
description: Does x.  # as it was said
tools: Read
---

First this.

## Steps

1. One.

```markdown
## No heading, for it stands in a fence
```

## Steps

Others.

"""


def names(text: str) -> list[str]:
    """The parts by name."""
    return [each.name for each in components(text)]


def test_description_opening_and_each_section_are_the_parts() -> None:
    """Two of one heading are told apart, and what a fence holds is no heading; tools are no part."""
    assert names(AGENT) == ["description", "instructions", "Steps", "Steps (2)"]
    assert components(AGENT)[3].text == "## Steps\n\nOthers."


def test_an_agent_without_headings_has_one_part_beside_its_description() -> None:
    """As most agents of this house."""
    assert names("---\nname: x\ndescription: y\n---\nDo it.\n") == ["description", "instructions"]


@pytest.mark.parametrize(
    ("name", "new", "old", "expected"),
    [
        ("description", "Does y:\nwell.", "Does x.", '"Does y: well."'),
        ("instructions", "First that.\n", "First this.", "First that."),
        ("Steps (2)", "## Steps\n\nMore.", "Others.", "More."),
    ],
)
def test_one_part_changes_and_nothing_else(name: str, new: str, old: str, expected: str) -> None:
    """Comments, empty lines and other parts stay byte for byte."""
    assert with_component(AGENT, name, new) == AGENT.replace(old, expected)


def test_line_ends_stay_as_they_are() -> None:
    """A file of another system keeps its line ends, also in the new text."""
    written = with_component(AGENT.replace("\n", "\r\n"), "instructions", "One.\nTwo.")
    assert written == AGENT.replace("First this.", "One.\nTwo.").replace("\n", "\r\n")


def test_a_part_that_is_not_there_is_named_with_the_nearest() -> None:
    """The sentence helps."""
    with pytest.raises(DocumentError) as caught:
        with_component(AGENT, "Step", "x")
    assert str(caught.value) == "There is no component 'Step'; did you mean 'Steps'?"


@given(st.text(alphabet="ab#` \n-", max_size=60))
def test_putting_a_part_back_changes_nothing(body: str) -> None:
    """Whatever the body looks like, its parts are where they were found."""
    text = f"---\nname: x\ndescription: d\n---\n{body}"
    for part in components(text):
        assert with_component(text, part.name, part.text) == text
