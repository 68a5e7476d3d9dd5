"""A home over the kernel: single keys, safety only tighter, and one sentence for whatever is wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, get_args, get_type_hints

import pytest

from llmos.documents.kernel import KernelRules, Price, load_kernel, show
from llmos.documents.kernel_rules import SafetyRules
from llmos.documents.tighter import Tighter
from llmos.errors import DocumentError
from llmos.settings import system_root

SHIPPED = system_root() / "kernel"

Override: TypeAlias = Callable[[str, str], KernelRules]
Sentence: TypeAlias = Callable[[str, str], str]


@pytest.fixture
def override(tmp_path: Path) -> Override:
    """Loads the shipped rules with one file of a home over them."""

    def load(name: str, keys: str) -> KernelRules:
        (tmp_path / name).write_text(f"---\n{keys}\n---\n")
        return load_kernel(SHIPPED, tmp_path)

    return load


@pytest.fixture
def sentence(override: Override, tmp_path: Path) -> Sentence:
    """The error of a wrong file, without the folder."""

    def refused(name: str, keys: str) -> str:
        with pytest.raises(DocumentError) as caught:
            override(name, keys)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return refused


@pytest.mark.parametrize(
    ("name", "keys", "expected"),
    [
        (
            "orchestration.md",
            "max_iteration: 3",
            "2: 'max_iteration' is no key that is read here; did you mean 'max_iterations'?",
        ),
        (
            "orchestration.md",
            "max_iterations: banana",
            "2: 'max_iterations' must be a whole number from 1 to 1000, not 'banana'",
        ),
        ("orchestration.md", "max_iterations: 0", "2: 'max_iterations' must be a whole number from 1 to 1000, not 0"),
        (
            "orchestration.md",
            "max_tool_calls: 2.5",
            "2: 'max_tool_calls' must be a whole number from 1 to 10000, not 2.5",
        ),
        (
            "orchestration.md",
            "max_iterations: '5'",
            "2: 'max_iterations' must be a whole number from 1 to 1000, not '5'",
        ),
        (
            "orchestration.md",
            "max_tool_retries: true",
            "2: 'max_tool_retries' must be a whole number from 0 to 10, not True",
        ),
        ("orchestration.md", "max_iterations:", "2: 'max_iterations' must be a whole number from 1 to 1000, not None"),
        ("budget.md", "warn_at: 70", "2: 'warn_at' must be a number above 0 and at most 1, not 70"),
        ("budget.md", "budget_usd: .inf", "2: 'budget_usd' must be a number from 0 to 10000, not '.inf'"),
        ("models.md", "prices_date: soon", "2: 'prices_date' must be a date such as 2026-01-31, not 'soon'"),
        ("models.md", "cache_lifetime: 2h", "2: 'cache_lifetime' must be one of 5m, 1h, not '2h'"),
        (
            "models.md",
            "aliases:\n  dev:\n    temlate: full",
            "4: 'aliases.dev.temlate' is no key that is read here; did you mean 'template'?",
        ),
        (
            "models.md",
            "aliases:\n  dev:\n    template: long",
            "4: 'aliases.dev.template' must be one of full, compact, pocket, not 'long'",
        ),
        ("models.md", "aliases:\n  dev: opus", "3: 'aliases.dev' must hold keys and values, not 'opus'"),
        ("models.md", "aliases: []", "2: 'aliases' must hold keys and values, not []"),
        ("models.md", "aliases:\n  mine:\n    id: x", "3: 'aliases.mine.provider' is missing"),
        (
            "models.md",
            "aliases:\n  dev:\n    id: claude-opus-6",
            "4: alias 'dev' names 'claude-opus-6', which has no price; did you mean 'claude-opus-4-6'?",
        ),
        (
            "models.md",
            "aliases:\n  dev:\n    fallback: [sonet]",
            "4: alias 'dev' falls back to 'sonet'; did you mean 'sonnet'?",
        ),
        (
            "models.md",
            "aliases:\n  dev:\n    fallback: {a: b}",
            "4: 'aliases.dev.fallback' must be a list of names, not {'a': 'b'}",
        ),
        (
            "models.md",
            "aliases:\n  inherit:\n    id: x\n    provider: openai\n    template: full\n    context_tokens: 1000",
            "4: 'inherit' cannot be an alias; in an agent it stands for the model of whoever runs it",
        ),
        (
            "models.md",
            "aliases:\n  mine:\n    id: x\n    provider: local\n    template: full\n    context_tokens: 1000",
            "4: alias 'mine' is local and needs 'shipped_file', or 'hub_repo' and 'file'",
        ),
        (
            "models.md",
            "aliases:\n  pocket:\n    confidence: 50",
            "4: 'aliases.pocket.confidence' must be a number from 0 to 1, not 50",
        ),
        (
            "models.md",
            "aliases:\n  pocket:\n    confidence: high",
            "4: 'aliases.pocket.confidence' must be a number from 0 to 1, not 'high'",
        ),
        (
            "models.md",
            "aliases:\n  dev:\n    confidence: 0.5",
            "4: alias 'dev' has a 'confidence', which only a local model can tell; leave it out",
        ),
        ("models.md", "max_delay_s: 0.1", "2: 'base_delay_s' is 0.5 and must not be above 'max_delay_s', which is 0.1"),
        (
            "budget.md",
            "warn_at: 0.99",
            "2: 'warn_at' is 0.99 and must not be above 'final_turn_at', which is 0.95",
        ),
        (
            "evolution.md",
            "tiers:\n  team:\n    unacceptable_rate: 0.8",
            "4: 'tiers.team.unacceptable_rate' of 0.8 must be below 'min_rate', which is 0.8",
        ),
        (
            "evolution.md",
            "tiers:\n  team:\n    min_rate: 1.0",
            "4: 'tiers.team.min_rate' must be a number above 0 and below 1, not 1.0",
        ),
        (
            "evolution.md",
            "tiers:\n  user:\n    min_uses: 1\n    min_rate: 0.9\n    unacceptable_rate: 0.1\n    e_value: 2",
            "6: 'tiers.user' is none that skills climb to; known are: system, team",
        ),
        (
            "budget.md",
            "budget_usd: 1: 2",
            "2: the frontmatter is not valid YAML (mapping values are not allowed in this context)",
        ),
        (
            "budget.md",
            "min_output_tokens: 10\nmin_output_tokens: 20",
            "3: 'min_output_tokens' stands here a second time",
        ),
    ],
)  # fmt: skip
def test_wrong_key_is_one_sentence(sentence: Sentence, name: str, keys: str, expected: str) -> None:
    """Unknown, mistyped, out of range, or at odds with another rule: file, line, key and what would be right."""
    assert sentence(name, keys) == f"{name}:{expected}"


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("bash_timeout_s", "200", "lower it"),
        ("max_output_bytes", "30001", "lower it"),
        ("protected_folders", "[.git]", "add to it"),
        ("bash_environment", "PATH, AWS_SECRET_ACCESS_KEY", "take away from it"),
    ],
)
def test_safety_only_tightens(sentence: Sentence, key: str, value: str, allowed: str) -> None:
    """A home that would loosen a safety rule does not start, and both values are named."""
    shipped = getattr(load_kernel(SHIPPED).safety, key)
    given = "200.0" if value == "200" else value.strip("[]")
    named = ", ".join(shipped) if isinstance(shipped, tuple) else shipped
    assert sentence("safety.md", f"{key}: {value}") == (
        f"safety.md:2: '{key}' tightens only: {given} is looser than {named}; a home may only {allowed}"
    )


def test_every_safety_rule_has_a_tight_side(override: Override) -> None:
    """No field of safety can be added without saying which way a home may move it."""
    for name, kind in get_type_hints(SafetyRules, include_extras=True).items():
        assert any(isinstance(each, Tighter) for each in get_args(kind)), name
    tight = override(
        "safety.md", "bash_timeout_s: 5\nprotected_folders: [.git, .claude, .agents, .ssh]\nbash_environment: []"
    )
    assert (tight.safety.bash_timeout_s, tight.safety.protected_folders[-1]) == (5.0, ".ssh")
    assert tight.safety.bash_environment == ()


def test_a_home_overrides_known_files_only(tmp_path: Path) -> None:
    """A file that would override nothing is a mistake; what an editor leaves behind is not."""
    (tmp_path / ".DS_Store").write_text("")
    (tmp_path / "budget.md~").write_text("")
    load_kernel(SHIPPED, tmp_path)
    (tmp_path / "buget.md").write_text("---\nbudget_usd: 1\n---\n")
    with pytest.raises(DocumentError) as caught:
        load_kernel(SHIPPED, tmp_path)
    assert str(caught.value) == f"{tmp_path / 'buget.md'}:1: overrides no rules document; did you mean 'budget.md'?"


def test_a_home_overrides_keys_not_text(tmp_path: Path) -> None:
    """Text that nobody would read is refused, so that nobody believes it had an effect."""
    path = tmp_path / "orchestration.md"
    path.write_text("---\nmax_iterations: 3\n---\n\nBe quick.\n")
    with pytest.raises(DocumentError) as caught:
        load_kernel(SHIPPED, tmp_path)
    assert str(caught.value) == f"{path}:4: a home overrides keys only; this text would not be read"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "---\n\tmax_iterations: 30\n---\n",
            "2: what stands between the first two '---' has no keys",
        ),
        (
            "---\nmax_iterations:30\n---\n",
            "2: what stands between the first two '---' has no keys",
        ),
        (
            "max_iterations: 30\n",
            "1: a home overrides keys only; this text would not be read; keys stand between two lines '---'",
        ),
        ("---\nmax_iterations: 30\nmax_iterations: 3\n---\n", "3: 'max_iterations' stands here a second time"),
        ("---\nmax_iterations: 30\n", "1: the frontmatter is never closed with '---'"),
    ],
)
def test_an_override_that_is_not_certain_says_why(tmp_path: Path, text: str, said: str) -> None:
    """A rule that was meant and not read is told as what it is, at its line."""
    path = tmp_path / "orchestration.md"
    path.write_text(text)
    with pytest.raises(DocumentError) as caught:
        load_kernel(SHIPPED, tmp_path)
    assert str(caught.value) == f"{path}:{said}"


def test_home_without_overriding_keys_is_the_shipped_kernel(tmp_path: Path) -> None:
    """No folder and an empty folder change nothing."""
    shipped = show(load_kernel(SHIPPED))
    assert show(load_kernel(SHIPPED, tmp_path / "none")) == shipped
    assert show(load_kernel(SHIPPED, tmp_path)) == shipped


def test_an_overlay_that_cannot_be_read_does_not_loosen_to_the_shipped_kernel(tmp_path: Path) -> None:
    """A page that was emptied, and a folder that is a link to nowhere or a file, stood for something."""
    page, link, file = tmp_path / "kernel/safety.md", tmp_path / "link", tmp_path / "file"
    page.parent.mkdir()
    page.write_text("")
    link.symlink_to(tmp_path / "gone")
    file.write_text("")
    for folder, said in (
        (page.parent, f"{page}:1: the file is empty"),
        (link, f"{link}:1: the folder cannot be read: No such file or directory"),
        (file, f"{file}:1: the folder cannot be read: Not a directory"),
    ):
        with pytest.raises(DocumentError) as caught:
            load_kernel(SHIPPED, folder)
        assert str(caught.value) == said


def test_a_home_adds_an_alias_and_its_price(override: Override) -> None:
    """A new model is one group of keys; the shipped ones stay."""
    rules = override(
        "models.md",
        "aliases:\n  next:\n    provider: anthropic\n    id: claude-next\n    template: full\n"
        "    context_tokens: 5000\n"
        "prices:\n  claude-next:\n    input: 1\n    output: 2\n    cache_read: 0.1\n    cache_write: 1.5\n"
        "    cache_write_1h: 2\n",
    )
    assert rules.models.aliases["next"].id == "claude-next"
    assert rules.models.aliases["next"].fallback == ()
    assert rules.models.price_of("claude-next") == Price(1.0, 2.0, 0.1, 1.5, 2.0)
    assert "dev" in rules.models.aliases


@pytest.mark.parametrize("asked", [0, 0.5, 1])
def test_a_home_says_how_sure_a_local_model_must_be(override: Override, asked: float) -> None:
    """Of any alias that is local, an own one included; of the others nothing is asked."""
    mine = "id: x\n    provider: local\n    template: pocket\n    context_tokens: 1000\n    shipped_file: x.gguf"
    rules = override(
        "models.md",
        f"aliases:\n  pocket:\n    confidence: {asked}\n  mine:\n    {mine}\n    confidence: {asked}\n",
    )
    assert [rules.models.aliases[name].confidence for name in ("pocket", "mine", "dev")] == [asked, asked, None]


def test_price_of_long_prompts_and_dated_releases(override: Override) -> None:
    """Above the mark the whole call costs more, a dated id costs what its model does, an hour in the cache its own."""
    models = load_kernel(SHIPPED).models
    haiku = models.price_of("claude-haiku-5-5")
    assert haiku is not None
    assert haiku.tier(100_000) is haiku
    assert haiku.tier(100_001) == Price(0.5, 2.5, 0.05, 0.625, 1.0)
    assert models.price_of("claude-haiku-4-5-20251001") == models.prices["claude-haiku-4-5"]
    assert models.price_of("gpt") is None
    lasting = override("models.md", "cache_lifetime: 1h").models.price_of("claude-opus-5-5")
    assert lasting is not None
    assert lasting.cache_write == 8.0
