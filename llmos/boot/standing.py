"""How the models of `kernel/models.md` stand on this machine: what each is, what it costs, what it still needs.

Asks no model and no network.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from llmos.boot.models import Models
from llmos.documents.kernel import ModelAlias, ModelRules, Price
from llmos.models.backend import installed_backends
from llmos.settings import Environment

NO_LLAMA = "no llama.cpp is installed: pip install 'llmos[prebuilt]' (a ready wheel) or 'llmos[local]' (compiled here)"
NO_OPENAI = "the package openai is not installed: pip install 'llmos[openai]'"


@dataclass(frozen=True, slots=True)
class Standing:
    """One alias: `where` it is or would be, and what it is `missing`, empty when it can be used now."""

    name: str
    rules: ModelAlias
    where: str
    price: Price | None
    missing: str


def standings(rules: ModelRules, environment: Environment, models: Models) -> Iterable[Standing]:
    """Every alias, in the order of the kernel's page."""
    for name, alias in rules.aliases.items():
        price = None if alias.provider == "local" else rules.price_of(alias.id)
        where, missing = _local(name, models.files(alias)) if alias.provider == "local" else _served(alias, environment)
        yield Standing(name, alias, where, price, missing)


def _local(name: str, files: tuple[Path, Path | None]) -> tuple[str, str]:
    absent = [file for file in files if file is not None and not file.is_file()]
    if absent:
        return str(files[0]), f"{absent[0].name} is not on this machine: llmos model pull {name}"
    return str(files[0]), "" if installed_backends() else NO_LLAMA


def _served(alias: ModelAlias, environment: Environment) -> tuple[str, str]:
    if alias.provider == "anthropic":
        where = environment.anthropic_base_url or "https://api.anthropic.com"
        return where, "" if environment.anthropic_api_key else "ANTHROPIC_API_KEY is not set"
    return environment.openai_base_url or "https://api.openai.com", "" if find_spec("openai") else NO_OPENAI
