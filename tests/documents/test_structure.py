"""The structure of a body, and that nobody pays for it who does not ask."""

import subprocess
import sys

from llmos.documents.structure import Fence, fences, first_paragraph

BODY = """Before all.

# One

Text *one*.

Two
---

```python title="x"
# no heading
```

- item

  ```json
  {"a": 1}
  ```

### Deep `code`
"""


def test_fences_carry_language_text_and_line() -> None:
    """Nested fences are found, without the indent of their list."""
    assert fences(BODY) == (Fence("python", "# no heading\n", 11), Fence("json", '{"a": 1}\n', 17))


def test_first_paragraph_comes_before_headings() -> None:
    """A paragraph on one line; only where none is, a heading; else nothing."""
    assert first_paragraph("# T\n\n> a\n> b\n") == "a b"
    assert first_paragraph("# T\n") == "T"
    assert first_paragraph("") == ""
    assert first_paragraph("```\ncode\n```\n") == ""


def test_reading_a_document_does_not_load_the_markdown_parser() -> None:
    """Thousands of skills are indexed without a look at their bodies."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom llmos.documents.frontmatter import parse\n"
        "from llmos.documents.skill import skill_from\n"
        "skill_from(parse('---\\nname: a\\ndescription: b\\n---\\n# T\\n', Path('a/SKILL.md')))\n"
        "print([name for name in sys.modules if name.startswith(('markdown_it', 'anthropic', 'jinja2', 'pydantic'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
