"""The shipped kernel: complete, typed, and each of its keys bound to one field."""

from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from llmos.documents.document import BrokenDocumentError
from llmos.documents.frontmatter import rewrite
from llmos.documents.kernel import RULES, all_keys, load_kernel, show
from llmos.errors import DocumentError
from llmos.settings import system_root

SHIPPED = system_root() / "kernel"
RULE_FILES = {f"{stem}.md": (SHIPPED / f"{stem}.md").read_text() for stem in RULES}


def test_shipped_rules_have_the_numbers_of_the_house() -> None:
    """The figures that other documents promise."""
    rules = load_kernel(SHIPPED)
    assert (rules.orchestration.max_iterations, rules.orchestration.max_tool_calls) == (15, 50)
    assert rules.orchestration.max_tool_retries == 3
    assert (rules.budget.budget_usd, rules.budget.warn_at) == (10.0, 0.7)
    assert {"dev", "runtime", "pocket", "opus", "sonnet", "haiku"} <= set(rules.models.aliases)
    assert rules.models.aliases["pocket"].template == "pocket"
    assert rules.models.prices_date == date(2026, 11, 20)


def test_every_file_of_the_kernel_is_read() -> None:
    """No markdown file lies in kernel/ that nothing reads, and each has prose for people or models."""
    assert {path.stem for path in SHIPPED.glob("*.md")} == set(RULES)
    rules = load_kernel(SHIPPED)
    assert set(rules.prose) == set(RULES)
    assert all(rules.prose.values())
    assert [document.path for document in rules.documents] == [SHIPPED / f"{stem}.md" for stem in RULES]


def test_every_key_of_every_file_is_one_typed_value() -> None:
    """Each line that sets a key is found again in the provenance, and its value in the rules."""
    rules = load_kernel(SHIPPED)
    for document in rules.documents:
        leaves = {name for name in document.lines if not any(other.startswith(f"{name}.") for other in document.lines)}
        stem = document.path.stem
        assert {f"{stem}.{name}" for name in leaves} == {key for key in rules.provenance if key.startswith(f"{stem}.")}
    assert {each.key for each in show(rules)} == set(all_keys(rules)) == set(rules.provenance)


def test_prose_says_what_every_top_level_key_does() -> None:
    """A rule that its own document does not explain is a riddle; orchestration's prose speaks to models instead."""
    for document in load_kernel(SHIPPED).documents:
        if document.path.stem != "orchestration":
            missing = [key for key in document.keys if f"`{key}`" not in document.body and key != "aliases"]
            assert missing == []


OTHER_WORDS = {
    "approved": "never",
    "5m": "1h",
    "anthropic": "openai",
    "openai": "anthropic",
    "full": "compact",
    "compact": "full",
    "pocket": "compact",
    "normal": "terse",
    "detailed": "terse",
    "terse": "normal",
}


def other_value(key: str, value: Any) -> Any:
    """Another value that the same rule may have, on the tight side where there is one."""
    if key.startswith("valence.") and isinstance(value, float) and not key.endswith(("speed_factor", "max_step_m")):
        return value + 0.01
    match value:
        case bool():
            return not value
        case int():
            return max(value - 1, 1) if value != 1 else 2
        case float():
            return value * 0.9
        case list():
            return [*value, "haiku"]
        case date():
            return "2027-01-01"
        case str():
            return OTHER_WORDS.get(value, f"{value}x")
    raise AssertionError(value)


SKIPPED = {
    # These cannot stand alone: another provider needs another id, another id needs its price.
    *(f"models.aliases.{name}.provider" for name in ("runtime", "pocket")),
    *(f"models.aliases.{name}.id" for name in ("dev", "opus", "sonnet", "haiku")),
    "models.aliases.haiku.fallback",
    # These stand on their tightest side.
    *(f"valence.modes.{name}.exact" for name in ("precision", "cautious", "recovery")),
    *(f"valence.modes.{name}.{what}" for name in ("cautious", "recovery") for what in ("preview", "confirm")),
}


@pytest.mark.parametrize("key", sorted(set(all_keys(load_kernel(SHIPPED))) - SKIPPED))
def test_no_key_is_a_dead_letter(key: str, tmp_path: Path) -> None:
    """Overriding any single key changes exactly the value of that key, and says where it now comes from."""
    before = load_kernel(SHIPPED)
    (shown,) = show(before, key)
    stem, _, path = key.partition(".")
    value = shown.value[:-1] if key == "safety.bash_environment" else other_value(key, shown.value)
    changes: Any = value
    for part in reversed(path.split(".")):
        changes = {part: changes}
    (tmp_path / f"{stem}.md").write_text(rewrite("", changes))
    after = load_kernel(SHIPPED, tmp_path)
    changed = {new.key for old, new in zip(show(before), show(after), strict=True) if old.value != new.value}
    assert changed == {key}
    assert after.provenance[key] == f"{tmp_path / stem}.md:{path.count('.') + 2}"
    assert before.provenance[key].startswith(f"kernel/{stem}.md:")


def test_provenance_names_file_and_line() -> None:
    """The place is that of the key in the file."""
    rules = load_kernel(SHIPPED)
    place = rules.provenance["orchestration.max_iterations"]
    assert place.startswith("kernel/orchestration.md:")
    line = RULE_FILES["orchestration.md"].split("\n")[int(place.rpartition(":")[2]) - 1]
    assert line == "max_iterations: 15"


def test_show_takes_a_key_or_a_group() -> None:
    """One rule, the rules below a key, or all."""
    rules = load_kernel(SHIPPED)
    (only,) = show(rules, "budget.budget_usd")
    assert (only.key, only.value) == ("budget.budget_usd", 10.0)
    assert only.where.startswith("kernel/budget.md:")
    assert {each.key for each in show(rules, "models.aliases.pocket")} > {"models.aliases.pocket.shipped_file"}
    with pytest.raises(DocumentError) as caught:
        show(rules, "budget.budget_us")
    assert str(caught.value) == "there is no rule 'budget.budget_us'; did you mean 'budget.budget_usd'?"
    with pytest.raises(DocumentError) as caught:
        show(rules, "zzz")
    assert str(caught.value) == (
        "there is no rule 'zzz'; known are: budget, dispatch, evolution, memory, models, orchestration, safety, "
        "service, valence; `llmos kernel show` lists what is in them"
    )


def test_rules_of_show_are_plain_values() -> None:
    """What is shown can be written as JSON."""
    for each in show(load_kernel(SHIPPED)):
        assert isinstance(each.value, int | float | str | list | date)
        assert not is_dataclass(each.value)


@pytest.mark.parametrize("stem", list(RULES))
def test_shipped_kernel_must_be_complete(stem: str, tmp_path: Path) -> None:
    """A rule without a value is an error that names the key."""
    for name, text in RULE_FILES.items():
        (tmp_path / name).write_text(text)
    key = fields(RULES[stem])[0].name
    path = tmp_path / f"{stem}.md"
    path.write_text(rewrite(path.read_text(), {key: None}))
    with pytest.raises(BrokenDocumentError) as caught:
        load_kernel(tmp_path)
    assert str(caught.value) == f"{path}:1: '{key}' is missing"


def test_missing_file_of_the_kernel_is_named(tmp_path: Path) -> None:
    """A kernel without one of its documents does not start."""
    with pytest.raises(
        DocumentError, match=r"orchestration\.md:1: the file cannot be read: No such file or directory$"
    ):
        load_kernel(tmp_path)
