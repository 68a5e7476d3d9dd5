"""The laws of globs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.errors import LLMosError
from llmos.tools.globs import all_below_match, bars, bars_below, glob_parts, parts_match


def matches(pattern: str, path: str) -> bool:
    """Whether a relative path is one that a glob finds."""
    return any(parts_match(parts, path.split("/")) for parts in glob_parts(pattern))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("a.py", "a.py"),
        ("*.py", "deep/down/a.py"),
        ("**/*.py", "a.py"),
        ("**/*.py", "x/y/a.py"),
        ("src/*.py", "src/a.py"),
        ("src/**", "src/a/b"),
        ("src/**/b", "src/b"),
        ("src/**/x/**/b", "src/1/x/2/3/b"),
        ("./src/a", "src/a"),
        ("*.{ts,tsx}", "a.tsx"),
        ("{a,b}/{c,d}.txt", "b/c.txt"),
        ("a?c", "abc"),
        ("[ab].txt", "b.txt"),
        ("{a}", "{a}"),
    ],
)
def test_glob_finds(pattern: str, path: str) -> None:
    """Stars stay within a name, two stars are any number of folders, braces are alternatives."""
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("src/*.py", "src/deep/a.py"),
        ("src/*.py", "other/a.py"),
        ("*.py", "a.pyc"),
        ("A.py", "a.py"),
        ("**/x/*.py", "x/y/a.py"),
        ("src/**/b", "src"),
        ("a", "a/b"),
    ],
)
def test_glob_does_not_find(pattern: str, path: str) -> None:
    """A pattern without wildcards for it does not reach deeper, elsewhere, or another case."""
    assert not matches(pattern, path)


@pytest.mark.parametrize("pattern", ["/etc/*", "../*", "a/../b", "~/x", "", ".", "{a,../b}"])
def test_a_glob_stays_in_its_folder(pattern: str) -> None:
    """Where to look is said by the folder, which needs permission; the glob cannot leave it."""
    with pytest.raises(LLMosError) as raised:
        glob_parts(pattern)
    assert str(raised.value) == f"the glob '{pattern}' must stay within its folder; give the folder as 'path'"


def test_braces_do_not_explode() -> None:
    """Alternatives of alternatives are counted before they fill the memory."""
    pattern = "{a,b}" * 40
    with pytest.raises(LLMosError) as raised:
        glob_parts(pattern)
    assert str(raised.value) == f"the glob '{pattern}' stands for more than 64 patterns; shorten it"


@pytest.mark.parametrize(
    ("wanted", "path", "matched"),
    [
        ("a/**", "a", True),
        ("a/**", "a/b/c", True),
        ("a/**/**", "a", True),
        ("**", "a/b", True),
        ("*/**", "a", True),
        ("*/**", "a/b", True),
        ("**/b/**", "a/b/c", True),
        ("a", "a", False),
        ("a/*", "a", False),
        ("a/*", "a/b", False),
        ("**/b", "a/b", False),
        ("a/**/*.md", "a", False),
        ("a/**/*.md", "a/x.md", False),
        ("a/**/*", "a/b", True),
        ("a/*/**", "a", True),
        ("a/**/*/*", "a", False),
        ("a/**/?", "a", False),
        ("a/b/**", "a", False),
        ("a/**", "b", False),
        ("a/**", "a/.git", False),
        ("**/.git/**", "a/.git/hooks", True),
    ],
)
def test_what_covers_a_folder_covers_whatever_may_be_in_it(wanted: str, path: str, *, matched: bool) -> None:
    """Only where `**` is left to match, alone or with one more name of any kind."""
    found = all_below_match(wanted.split("/"), path.split("/"), lambda name: name == ".git")
    assert found is matched


@pytest.mark.parametrize(
    ("glob", "path", "whole", "part"),
    [
        ("a/b", "a/b", True, True),
        ("a/b", "a/b/c", True, True),
        ("a/b", "A/B/c", True, True),
        ("a/[!A-Z]", "a/b", True, True),
        ("a/b", "a", False, True),
        ("a/b", "a/c", False, False),
        ("**/b", "a/c", False, True),
        ("**/b", "a/b/c", True, True),
        ("a/*.md", "a/x.txt", False, False),
        ("a/*.md", "a", False, True),
    ],
)
def test_what_is_barred_is_barred_with_all_below(glob: str, path: str, *, whole: bool, part: bool) -> None:
    """And a folder in which something may be barred is known as one."""
    wanted, names = glob.split("/"), path.split("/")
    assert (bars(wanted, names), bars_below(wanted, names)) == (whole, part)


def test_a_wildcard_never_stands_for_a_guarded_name() -> None:
    """`**` passes by `.git`; only `.git` itself enters it."""

    def guarded(name: str) -> bool:
        return name.lower() == ".git"

    path = ["a", ".git", "config"]
    assert not any(parts_match(wanted, path, guarded) for wanted in (["**"], ["a", "*", "config"], ["a", ".g?t", "**"]))
    assert parts_match(["a", ".git", "**"], path, guarded)
    assert parts_match(["**", ".git", "config"], path, guarded)
    assert not parts_match(["a", ".git", "**"], ["a", ".GIT", "config"], guarded)


@given(st.lists(st.sampled_from(["**", "*", "a", "b"]), max_size=12), st.lists(st.sampled_from("ab"), max_size=12))
def test_two_stars_mean_what_the_definition_says(wanted: list[str], parts: list[str]) -> None:
    """The matcher agrees with the definition, written as recursion."""

    def defined(wanted: list[str], parts: list[str]) -> bool:
        if not wanted:
            return not parts
        if wanted[0] == "**":
            return defined(wanted[1:], parts) or (bool(parts) and defined(wanted, parts[1:]))
        return bool(parts) and wanted[0] in {"*", parts[0]} and defined(wanted[1:], parts[1:])

    assert parts_match(wanted, parts) == defined(wanted, parts)


def test_many_stars_take_no_exponential_time() -> None:
    """A pattern of thirty `**` against a long path is done at once, or this test never ends."""
    assert not parts_match(["**", "a"] * 30 + ["z"], ["a"] * 2000)
