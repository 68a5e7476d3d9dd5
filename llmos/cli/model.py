"""`llmos model`: which models there are and whether they can be used, fetching one, checking and timing one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmos.cli.groups import Group
from llmos.cli.options import as_json, print_json, run_async
from llmos.cli.render import printable
from llmos.cli.system import environment, make_home, notice, rules
from llmos.cli.table import show_rows
from llmos.errors import LLMosError, nearest

if TYPE_CHECKING:
    from llmos.boot.models import Models
    from llmos.boot.standing import Standing
    from llmos.documents.kernel import Price
    from llmos.models.base import Model
    from llmos.models.pull import OnProgress

_HUB = "https://huggingface.co"


@click.group(cls=Group)
def model() -> None:
    """List, fetch, check and time models."""


def _models() -> "Models":
    from llmos.boot.models import Models
    from llmos.clock import RealClock
    from llmos.settings import package_folder, prepare_libraries

    prepare_libraries()
    return Models(rules().models, environment(), package_folder(), RealClock(), None)


@model.command("list")
@as_json
def list_models(as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """List the names that `--model` and agents use, and whether each can be used now."""
    from llmos.boot.standing import standings

    known = rules().models
    found = list(standings(known, environment(), _models()))
    if as_json:
        print_json({"models": [_details(each) for each in found], "prices_date": known.prices_date.isoformat()})
        return
    rows = [(s.name, s.rules.provider, s.rules.id, _price(s.price), s.missing or f"ready: {s.where}") for s in found]
    show_rows("models", ("name", "provider", "id", "$ in/out", "state"), rows, as_json=False, nothing="")
    notice(f"Prices are dollars per million tokens as of {known.prices_date}; others: provider:ID, local:FILE.gguf.")


def _details(standing: "Standing") -> dict[str, Any]:
    alias = standing.rules
    return {
        "name": standing.name,
        "provider": alias.provider,
        "id": alias.id,
        "template": alias.template,
        "context_tokens": alias.context_tokens,
        "where": standing.where,
        "hub_repo": alias.hub_repo or None,
        "price": None if standing.price is None else asdict(standing.price),
        "usable": not standing.missing,
        "missing": standing.missing or None,
    }


def _price(price: "Price | None") -> str:
    return "free" if price is None else f"{price.input:g}/{price.output:g}"


@model.command("check")
@click.argument("name")
@as_json
def check(name: str, as_json: bool) -> int:  # noqa: FBT001 - click's flag
    """Check whether the model NAME keeps what runs rely on: tool calls, forms, images, limits.

    It asks the model a few small questions; a paid one charges for them.
    """
    from llmos.models.conformance import check as conform

    checks = _asked(name, conform)
    if as_json:
        print_json({"model": name, "checks": [asdict(each) for each in checks]})
    else:
        colors = {"passed": "green", "failed": "red", "skipped": "yellow"}
        for each in checks:
            status = click.style(f"{each.status:<8}", fg=colors[each.status])
            click.echo(f"{status}{each.name:<10} {printable(each.sentence)}")
    return int(any(each.status == "failed" for each in checks))


@model.command("bench")
@click.argument("name")
@click.option("--decisions", type=click.IntRange(min=2), default=20, show_default=True, help="How many are timed.")
@as_json
def bench(name: str, decisions: int, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Time decisions of the model NAME, beside the target of half a second."""
    from llmos.clock import RealClock
    from llmos.models.timing import DECISION_TARGET_S
    from llmos.models.timing import bench as time_it

    timing = _asked(name, lambda model: time_it(model, RealClock(), decisions))
    if as_json:
        print_json({"model": name, **asdict(timing), "target_s": DECISION_TARGET_S, "in_time": timing.in_time})
        return
    verdict = click.style("in time", fg="green") if timing.in_time else click.style("too slow", fg="red")
    click.echo(f"decision  {1000 * timing.p50_s:.0f} ms median, {1000 * timing.p95_s:.0f} ms at worst of 19 in 20")
    click.echo(f"target    under {1000 * DECISION_TARGET_S:.0f} ms in a single pass: {verdict}")
    click.echo(f"first     {1000 * timing.first_s:.0f} ms, loading included")
    click.echo(f"reads     {_rate(timing.read_per_s)}\nwrites    {_rate(timing.written_per_s)}")


def _rate(tokens_per_s: float | None) -> str:
    return "not told" if tokens_per_s is None else f"{tokens_per_s:,.0f} tokens/s"


def _asked(name: str, question: Callable[["Model"], Any]) -> Any:  # noqa: ANN401 - whatever the question answers
    """What the question finds out about a model, which is closed afterwards."""
    models = _models()

    async def work() -> Any:  # noqa: ANN401
        try:
            return await question(models.make(name))
        finally:
            await models.aclose()

    return run_async(work)


@model.command("pull")
@click.argument("name")
@as_json
def pull(name: str, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Fetch the files of the model NAME from its hub; a broken download goes on where it ended."""
    from llmos.models.pull import pull as fetch

    repository, names, folder = _of_the_hub(name)
    make_home()
    here = environment()
    with _progress() as tell:
        paths = run_async(
            lambda: fetch(repository, names, here.home / folder, endpoint=here.hf_endpoint or _HUB, on_progress=tell)
        )
    if as_json:
        print_json({"model": name, "files": [str(path) for path in paths]})
    else:
        click.echo("\n".join(str(path) for path in paths))


def _of_the_hub(name: str) -> tuple[str, list[str], Path]:
    """The repository and the files of a model that a hub has, and the folder of the home that they belong in."""
    from llmos.documents.embedding_rules import NAME as EMBEDDINGS

    known = rules().models
    if name == EMBEDDINGS:
        found = known.embeddings
        return found.hub_repo, [found.file, found.tokenizer_file], Path("models") / EMBEDDINGS
    pulled = [*(each for each, alias in known.aliases.items() if alias.hub_repo), EMBEDDINGS]
    if name not in known.aliases:
        raise LLMosError(f"There is no model '{name}'; {nearest(name, [*known.aliases, EMBEDDINGS])}")
    if name not in pulled:
        raise LLMosError(f"The model '{name}' has no files to pull; those of {', '.join(pulled)} can be.")
    alias = known.aliases[name]
    return alias.hub_repo, [file for file in (alias.file, alias.vision_file) if file], Path("models")


@contextmanager
def _progress() -> "Iterator[OnProgress]":
    """Bars where a person watches, elsewhere a line for each file that begins and ends."""
    import sys

    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as bars:

        def tell(name: str, done: int, size: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(printable(name), total=size)
            bars.update(tasks[name], completed=done)

        yield tell


def _line(name: str, done: int, size: int) -> None:
    if done in (0, size):
        notice(f"{name}: {'complete' if done == size else 'fetching'}, {size / 1e9:.2f} GB")
