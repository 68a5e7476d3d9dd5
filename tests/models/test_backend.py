"""Which llama.cpp runs a file, how both continue a text, and what they say of files they cannot load."""

import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from llmos.errors import ModelError
from llmos.models.backend import BackendName, installed_backends, load, threads_for
from llmos.models.chat_template import MEDIA_MARKER, Prompt
from llmos.models.completion import TINY_BYTES, Backend, ContextOverflowError, Decoding, Loading, reason_in
from tests.support.llama import BACKENDS, need_backend, picture
from tests.support.tiny_gguf import LONG_TOKEN, TinyFiles, write_mmproj, write_text_model, write_tiny


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TinyFiles:
    """A text model and its projector."""
    return write_tiny(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module", params=BACKENDS)
def name(request: pytest.FixtureRequest) -> str:
    """One installed package after the other."""
    return need_backend(request.param)


@pytest.fixture
def backend(name: str, files: TinyFiles) -> Iterator[Backend]:
    """A loaded model that sees."""
    loaded = load(Loading(files.text, files.mmproj, 512, 1), name)
    yield loaded
    loaded.close()


def quiet(_: str) -> None:
    """Nobody listens."""


def test_without_a_package_the_way_to_get_one_is_said() -> None:
    """Nothing can be run without llama.cpp; the sentence names both extras."""
    with pytest.raises(ModelError) as caught:
        load(Loading(Path("x.gguf"), None, 512, 1), there=())
    assert str(caught.value) == (
        "no llama.cpp is installed for local models; get it with pip install 'llmos[prebuilt]' (a ready wheel) "
        "or 'llmos[local]' (compiled on this machine)"
    )


def test_an_unknown_or_missing_backend_is_named() -> None:
    """A typo gets the nearest name, a missing package the ones that are there."""
    loading = Loading(Path("x.gguf"), None, 512, 1)
    with pytest.raises(ModelError, match=r"^there is no llama.cpp backend 'xlama'; did you mean 'xllamacpp'\?$"):
        load(loading, "xlama")
    with pytest.raises(
        ModelError, match=r"^the llama.cpp backend xllamacpp is not installed; installed are: llama-cpp-python$"
    ):
        load(loading, "xllamacpp", there=("llama-cpp-python",))


@pytest.mark.parametrize(
    ("name", "module", "other"),
    [
        ("llama-cpp-python", "llama_cpp", "xllamacpp (pip install 'llmos[prebuilt]')"),
        ("xllamacpp", "xllamacpp", "llama-cpp-python (pip install 'llmos[local]')"),
    ],
)
@pytest.mark.parametrize("error", ["ImportError", "OSError", "RuntimeError", "AttributeError"])
def test_a_package_that_is_broken_is_named_with_the_other_one(
    name: BackendName, module: str, other: str, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shared library that is missing is no bug of ours."""
    (tmp_path / f"{module}.py").write_text(f"raise {error}('libgomp.so.1: no such file')\n")
    monkeypatch.syspath_prepend(tmp_path)
    for each in [each for each in sys.modules if each.split(".")[0] == module]:
        monkeypatch.delitem(sys.modules, each)
    monkeypatch.delitem(sys.modules, f"llmos.models.backend_{module}", raising=False)
    with pytest.raises(ModelError) as caught:
        load(Loading(tmp_path / "x.gguf", None, 512, 1), name, there=(name,))
    assert str(caught.value) == (
        f"{name} is installed and cannot be loaded: libgomp.so.1: no such file; install it again, or uninstall it and "
        f"take {other}"
    )


def test_installed_backends_are_in_order_of_preference() -> None:
    """The one that decides faster comes first."""
    assert installed_backends() == tuple(
        name for name in ("llama-cpp-python", "xllamacpp") if name in installed_backends()
    )


def test_a_tiny_file_gets_one_thread(tmp_path: Path) -> None:
    """More threads would only wait for each other."""
    small, large = tmp_path / "small.gguf", tmp_path / "large.gguf"
    small.write_bytes(b"x")
    with large.open("wb") as file:
        file.truncate(TINY_BYTES)
    assert threads_for(small) == 1
    assert 1 <= threads_for(large) <= (os.cpu_count() or 1)


def test_the_reason_is_found_in_a_log() -> None:
    """Without time stamps and the names of functions."""
    log = (
        "0.00.1 I load\n0.00.2 E llama_model_load: error loading model: unknown model architecture: 'x'\n0.3 E failed\n"
    )
    assert reason_in(log) == "unknown model architecture: 'x'"
    assert reason_in("0.00.2 E mtmd: error: mismatch\nhint: other\n") == "mismatch"
    assert reason_in("fine\n") == ""


def test_an_unknown_architecture_is_llama_cpps_reason(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its chatter on stderr is silenced, its reason is not."""
    path = tmp_path / "odd.gguf"
    write_text_model(path, arch="nonsense")
    with pytest.raises(ModelError) as caught:
        load(Loading(path, None, 512, 1), name)
    assert str(caught.value) == f"llama.cpp cannot load {path}: unknown model architecture: 'nonsense'"
    assert capfd.readouterr().err == ""


def test_a_projector_of_another_width_is_llama_cpps_reason(name: str, files: TinyFiles, tmp_path: Path) -> None:
    """Both files are named."""
    other = tmp_path / "mmproj.gguf"
    write_mmproj(other, projection=32)
    with pytest.raises(ModelError) as caught:
        load(Loading(files.text, other, 512, 1), name)
    assert str(caught.value) == (
        f"llama.cpp cannot load {files.text} with {other}: "
        "mismatch between text model (n_embd = 64) and mmproj (n_embd = 32)"
    )


def test_the_same_prompt_has_the_same_text_and_is_read_once(backend: Backend) -> None:
    """Temperature 0 repeats itself; all but the last token comes from the cache."""
    first, second = (backend.complete(Prompt("once upon a time", ()), Decoding(20), quiet) for _ in range(2))
    assert first.text == second.text
    assert (first.prompt_tokens, first.cached_tokens) == (16, 0)
    assert (second.prompt_tokens, second.cached_tokens) == (16, 15)
    assert first.output_tokens == second.output_tokens <= 20


def test_a_prompt_that_goes_on_is_read_from_where_it_parts(backend: Backend) -> None:
    """The next step of a run costs what is new, and gives what a fresh start would."""
    grammar = 'root ::= "abc"'
    backend.complete(Prompt("a goal. ", ()), Decoding(9, grammar), quiet)
    longer = Prompt("a goal. abc and more", ())
    warm = backend.complete(longer, Decoding(12), quiet)
    backend.complete(Prompt("zzz", ()), Decoding(1), quiet)
    cold = backend.complete(longer, Decoding(12), quiet)
    assert warm.cached_tokens == 11
    assert cold.cached_tokens == 0
    assert warm.text == cold.text


def test_an_image_is_seen_counted_and_kept(backend: Backend) -> None:
    """Tokens, not positions, are counted; the same image is not read twice; another image changes the text."""
    prompt = Prompt(f"look: {MEDIA_MARKER} well?", (picture(10),))
    first = backend.complete(prompt, Decoding(24), quiet)
    again = backend.complete(prompt, Decoding(24), quiet)
    other = backend.complete(replace(prompt, images=(picture(200),)), Decoding(24), quiet)
    image_tokens = 12  # 96 x 64 pixels, scaled up to the least size of 4 x 3 cells
    assert first.prompt_tokens == len("look: ") + len(" well?") + image_tokens + 2
    assert again.text == first.text
    assert again.cached_tokens == again.prompt_tokens - 1
    assert other.cached_tokens == len("look: ") + 1
    assert other.text != first.text


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_both_forms_of_image_are_read(backend: Backend, form: str) -> None:
    """What the messages may hold."""
    prompt = Prompt(MEDIA_MARKER, (picture(10, form),))
    assert backend.complete(prompt, Decoding(3), quiet).output_tokens > 0


def test_bytes_that_are_no_image_are_refused(backend: Backend) -> None:
    """One sentence, and the model goes on."""
    with pytest.raises(ModelError, match=r"^llama.cpp cannot read the image; it takes PNG and JPEG files$"):
        backend.complete(Prompt(MEDIA_MARKER, (b"nonsense",)), Decoding(3), quiet)
    assert backend.complete(Prompt("and now", ()), Decoding(3), quiet).output_tokens > 0


def test_a_prompt_longer_than_the_context_is_refused_before_anything_is_written(backend: Backend) -> None:
    """Tokens and limit are named."""
    pieces: list[str] = []
    with pytest.raises(ContextOverflowError, match=r"^the request has 600 tokens, and the model's context holds 512$"):
        backend.complete(Prompt("x" * 600, ()), Decoding(5), pieces.append)
    assert not any(pieces)


def test_a_reply_ends_where_the_context_does(backend: Backend) -> None:
    """No more is promised than fits."""
    completion = backend.complete(Prompt("x" * 500, ()), Decoding(100, "root ::= [a-z]+"), quiet)
    assert completion.stop == "length"
    assert completion.output_tokens == 12


def test_tokens_of_more_than_32_bytes_are_whole(backend: Backend) -> None:
    """A binding that cut them would lose words."""
    grammar = f'root ::= "{LONG_TOKEN}"'
    assert backend.complete(Prompt("say it", ()), Decoding(60, grammar), quiet).text == LONG_TOKEN


def test_a_stop_word_ends_the_text_before_it(backend: Backend) -> None:
    """Neither the text nor its pieces hold any of it."""
    pieces: list[str] = []
    completion = backend.complete(
        Prompt("go", ()), Decoding(40, 'root ::= "abc<|end|>def"', stop=("<|end|>",)), pieces.append
    )
    assert completion.text == "".join(pieces) == "abc"
    assert completion.stop == "end"


def test_what_a_listener_raises_stops_the_generation_and_comes_out(backend: Backend) -> None:
    """That is how a reply is cancelled: nothing more is written, and the next reply is whole."""

    class StopError(Exception):
        pass

    pieces: list[str] = []

    def listen(piece: str) -> None:
        pieces.append(piece)
        if "".join(pieces):
            raise StopError

    with pytest.raises(StopError):
        backend.complete(Prompt("go", ()), Decoding(400, "root ::= [a-z]+"), listen)
    assert len("".join(pieces)) == 1
    assert backend.complete(Prompt("go", ()), Decoding(4, 'root ::= "abcd"'), quiet).text == "abcd"


def test_a_listener_is_asked_between_parts_of_a_long_prompt(backend: Backend) -> None:
    """A cancellation does not wait for the first token."""
    calls: list[str] = []

    def listen(piece: str) -> None:
        calls.append(piece)
        raise TimeoutError

    with pytest.raises(TimeoutError):
        backend.complete(Prompt("x" * 500, ()), Decoding(1), listen)
    assert calls == [""]


@pytest.mark.system
def test_llama_cpp_python_leaves_a_part_of_a_prompt_in_its_midst(files: TinyFiles, tmp_path: Path) -> None:
    """A part takes seconds where a model is large; this one only looks large, by what follows its tensors."""
    path = tmp_path / "large.gguf"
    path.write_bytes(files.text.read_bytes())
    os.truncate(path, TINY_BYTES)
    backend = load(Loading(path, None, 512, 1), need_backend("llama-cpp-python"))
    calls: list[str] = []

    def listen(piece: str) -> None:
        calls.append(piece)
        if len(calls) == 5:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        backend.complete(Prompt("x" * 200, ()), Decoding(9), listen)
    assert calls == [""] * 5
    whole = backend.complete(Prompt("x" * 200, ()), Decoding(9), quiet)
    backend.complete(Prompt("y", ()), Decoding(1), quiet)
    assert backend.complete(Prompt("x" * 200, ()), Decoding(9), quiet).text == whole.text
    backend.close()


def test_a_grammar_that_is_none_is_refused(backend: Backend) -> None:
    """Our own bug, but no crash."""
    with pytest.raises(ModelError):
        backend.complete(Prompt("go", ()), Decoding(5, "root ::= nothing-of-that-name"), quiet)


def test_closing_twice_is_harmless_and_ends_the_threads(name: str, files: TinyFiles) -> None:
    """Nothing of a closed model stays behind."""
    before = threading.active_count()
    backend = load(Loading(files.text, None, 512, 1), name)
    backend.close()
    backend.close()
    assert threading.active_count() == before


@pytest.mark.skipif(sys.platform == "win32", reason="elsewhere the listener is a socket in the file system")
def test_no_port_is_opened(name: str, files: TinyFiles, listening: Callable[[], set[str]]) -> None:
    """The listener on which xllamacpp insists is a socket that nobody else can reach, and it goes with the model."""
    before = listening()
    backend = load(Loading(files.text, None, 512, 1), name)
    opened = listening() - before
    assert all(address.endswith("/unused.sock") for address in opened)
    for address in opened:
        assert stat.S_IMODE(Path(address).stat().st_mode) == 0o600
        assert stat.S_IMODE(Path(address).parent.stat().st_mode) == 0o700
    backend.close()
    assert listening() == before


@pytest.fixture
def listening() -> Callable[[], set[str]]:
    """The addresses on which this machine listens, TCP as `tcp:HEX`, Unix sockets as paths."""

    def read() -> set[str]:
        found = set()
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            lines = Path(table).read_text().splitlines()[1:] if Path(table).exists() else []
            found |= {f"tcp:{fields[9]}" for line in lines if (fields := line.split())[3] == "0A" and _ours(fields[9])}
        for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
            fields = line.split()
            if len(fields) == 8 and _ours(fields[6]):
                found.add(fields[7])
        return found

    if not Path("/proc/net/unix").exists():
        pytest.skip("only Linux tells what a process listens on")
    return read


def _ours(inode: str) -> bool:
    """Whether this process holds that socket."""
    links = Path("/proc/self/fd").iterdir()
    return any(f"socket:[{inode}]" == _target(link) for link in links)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""
