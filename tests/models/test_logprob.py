"""How likely a reply was: the same laws for both packages that carry llama.cpp, on the shipped pocket model."""

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from itertools import islice, product
from math import exp, log
from pathlib import Path

import pytest

from llmos.clock import RealClock
from llmos.messages import Message, Request, Text, ToolSpec
from llmos.models.backend import load
from llmos.models.chat_template import MEDIA_MARKER, ChatTemplate, Prompt
from llmos.models.completion import Backend, Completion, Decoding, Loading
from llmos.models.gbnf import literal, pocket_grammar
from llmos.models.gguf_header import read_header
from tests.support.llama import BACKENDS, need_backend, picture
from tests.support.tiny_gguf import write_tiny

POCKET = Path(str(files("llmos.models.pocket").joinpath("pocket.gguf")))
NUMBER = {"type": "number"}
TOOLS = tuple(
    ToolSpec(name, "", {"type": "object", "properties": dict.fromkeys(values, NUMBER), "additionalProperties": False})
    for name, values in {"go_home": (), "move_relative": ("dx", "dy", "dz"), "move_to": ("x", "y", "z")}.items()
)
GRAMMAR = pocket_grammar(TOOLS)
SAME = 0.01
"""Both packages have a probability within this of each other: their sums of products are not in the same order."""


def prompts() -> Iterator[Prompt]:
    """Goals, near and far from what the model was made for."""
    header = read_header(POCKET)
    template = ChatTemplate(header.chat_template, control_tokens=header.control_tokens, sees=False)
    wording = ("move {}", "please shift the arm {} now", "what if it went {}?", "dont you dare go {}", "{} hop")
    ways = ("0.3 m left", "to (1, 0.5, 1.25)", "up a bit", "home", "5 cm forward and then back", "to the cube")
    state = {"x": 0.0, "y": 0.0, "z": 1.0, "theta_deg": 0.0, "objects": {"cube": [1.0, 1.0, 0.5]}}
    for words, way, polite in product(wording, ways, ("", "!")):
        goal = (Message("user", (Text(words.format(way) + polite),)),)
        yield template.render(Request("", goal, TOOLS, state=state), RealClock().now)


PROMPTS = tuple(islice(prompts(), 60))
ONE = PROMPTS[0]


@pytest.fixture(scope="module")
def loaded() -> Iterator[dict[str, Backend]]:
    """Every package with the pocket model in it, once it has been asked for."""
    backends: dict[str, Backend] = {}
    yield backends
    for backend in backends.values():
        backend.close()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, loaded: dict[str, Backend]) -> Backend:
    """One installed package after the other."""
    return pocket_in(request.param, loaded)


def pocket_in(name: str, loaded: dict[str, Backend]) -> Backend:
    """The pocket model in the package of this name."""
    if name not in loaded:
        loaded[name] = load(Loading(POCKET, None, 1024, 1), need_backend(name))
    return loaded[name]


def written(backend: Backend, decoding: Decoding, prompt: Prompt = ONE) -> Completion:
    """What comes of a prompt when its probability is asked for."""
    return backend.complete(prompt, replace(decoding, scored=True), lambda _: None)


@pytest.mark.system
@pytest.mark.parametrize("grammar", [GRAMMAR, None], ids=["grammar", "free"])
def test_both_packages_say_the_same(loaded: dict[str, Backend], grammar: str | None) -> None:
    """On sixty prompts, with a grammar and without one."""
    one, other = (pocket_in(name, loaded) for name in ("llama-cpp-python", "xllamacpp"))
    for prompt in PROMPTS:
        mine, its = (written(each, Decoding(60, grammar), prompt) for each in (one, other))
        assert mine.text == its.text
        assert exp(mine.logprob or 0.0) == pytest.approx(exp(its.logprob or 0.0), abs=SAME)


@pytest.mark.system
def test_without_a_grammar_it_is_the_softmax(loaded: dict[str, Backend]) -> None:
    """Of the very logits, for one token."""
    import llama_cpp
    import numpy as np

    backend = pocket_in("llama-cpp-python", loaded)
    context, vocabulary = backend._context, backend._vocabulary  # type: ignore[attr-defined]
    for prompt in PROMPTS[:10]:
        told = written(backend, Decoding(1), prompt).logprob
        size = llama_cpp.llama_vocab_n_tokens(vocabulary)
        logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(context, -1), shape=(size,)).astype(float)
        assert told == pytest.approx(logits.max() - log(np.exp(logits).sum()), abs=1e-5)


def test_a_token_that_the_grammar_forces_has_probability_one(backend: Backend) -> None:
    """Exactly, however unlikely the model finds it; the end that is forced as well. A digit is always one token."""
    for forced, prompt in product(("7", "777", "0" * 30), PROMPTS[:5]):
        assert written(backend, Decoding(40, f"root ::= {literal(forced)}"), prompt).logprob == 0.0


@pytest.mark.parametrize("name", BACKENDS)
def test_what_a_grammar_allows_sums_to_one(name: str, loaded: dict[str, Backend]) -> None:
    """Whatever temperature chose among the digits, where the model has no favourite.

    The server of xllamacpp tells the likeliest tokens only; a digit that is none of them counts for less, never more.
    """
    backend, decoding = pocket_in(name, loaded), Decoding(40, "root ::= [0-9]", temperature=50.0)
    nowhere = Prompt("> > >", ())
    found = [written(backend, replace(decoding, seed=seed), nowhere) for seed in range(60)]
    shares = {each.text: exp(each.logprob or 0.0) for each in found}
    assert len(shares) > 2
    assert (0.0 if name == "xllamacpp" else 0.9) < sum(shares.values()) < 1 + SAME


def test_the_text_is_the_same_when_nobody_asks(backend: Backend) -> None:
    """And then nobody is told how likely it is."""
    for prompt, temperature in product(PROMPTS[:10], (0.0, 1.0)):
        decoding = Decoding(60, GRAMMAR, temperature=temperature, seed=3)
        plain = backend.complete(prompt, decoding, lambda _: None)
        assert plain.logprob is None
        assert plain.text == written(backend, decoding, prompt).text


def test_temperature_is_no_part_of_it(backend: Backend) -> None:
    """The reply that is likeliest is as likely when it was drawn."""
    likeliest = written(backend, Decoding(60, GRAMMAR))
    drawn = [written(backend, Decoding(60, GRAMMAR, temperature=0.3, seed=seed)) for seed in range(5)]
    same = [each.logprob for each in drawn if each.text == likeliest.text]
    assert same == pytest.approx([likeliest.logprob] * len(same), abs=SAME)
    assert same


def test_what_is_cut_or_stopped_counts_what_was_written(backend: Backend) -> None:
    """A stop word's tokens are among it, and so is what was held back for it."""
    assert written(backend, Decoding(2, 'root ::= "7777"')).logprob == 0.0
    assert written(backend, Decoding(40, 'root ::= "7<|end|>8"', stop=("<|end|>",))).text == "7"
    held = written(backend, Decoding(40, 'root ::= "7 @7"', stop=("@8",)))
    assert held.text == "7 @7"
    assert held.logprob is not None


@pytest.mark.parametrize("name", BACKENDS)
def test_where_xllamacpp_keeps_a_token_to_itself_nobody_can_tell(name: str, tmp_path: Path) -> None:
    """The first byte of a letter, and the end of a reply to a picture."""
    tiny = write_tiny(tmp_path)
    backend = load(Loading(tiny.text, tiny.mmproj, 512, 1), need_backend(name))
    told = written(backend, Decoding(9, 'root ::= "aüb"'), Prompt("say", ()))
    seen = written(backend, Decoding(9, 'root ::= "abc"'), Prompt(MEDIA_MARKER, (picture(10),)))
    backend.close()
    assert (told.logprob is None) == (name == "xllamacpp")
    assert (seen.logprob is None) == (name == "xllamacpp")
