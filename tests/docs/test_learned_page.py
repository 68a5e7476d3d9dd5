"""The page on one learned goal: its Python function is what its program compiles to."""

import re
from pathlib import Path

from llmos.programs.compiler import to_python
from llmos.programs.parser import parse
from llmos.programs.verifier import verify
from llmos.tools.robot import robot_tools
from tests.support.pages import DOCS
from tests.support.robots import rig

TEXT = (DOCS / "learned.md").read_text("utf-8")


def test_the_function_is_what_the_program_compiles_to(tmp_path: Path) -> None:
    """To the letter; line numbers are those that the program has in its SKILL.md."""
    [program] = re.findall(r"```program\n(.*?)```", TEXT, re.DOTALL)
    [function] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    arm = rig(tmp_path)
    specs = {tool.spec.name: tool.spec for tool in robot_tools(arm.pilot, arm.scene)}
    [name] = re.findall(r"^async def (\w+)\(", function, re.MULTILINE)
    [first] = re.findall(r"^    step1 = .*?}\), (\d+)\)$", function, re.MULTILINE | re.DOTALL)
    line = int(first) - program.splitlines().index(next(row for row in program.splitlines() if "step1 = " in row))
    assert to_python(verify(parse(program, line), specs), name).strip() == function.strip()
