"""Laws of tokenizer, network, training and export; they need the training environment and are skipped without it."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

torch = pytest.importorskip("torch", reason="torch serves training only")
pytest.importorskip("tokenizers", reason="tokenizers serves training only")
gguf = pytest.importorskip("gguf")

from llmos.models.domain_classifier import DomainClassifier, read_classifier  # noqa: E402
from llmos.models.gguf_header import read_header  # noqa: E402
from training import blend  # noqa: E402
from training.domain import fit_classifier  # noqa: E402
from training.export import rope_sections, write_gguf  # noqa: E402
from training.model import BLOCK, Planner, attention  # noqa: E402
from training.optimizer import orthogonal, schedule  # noqa: E402
from training.presets import PRESETS  # noqa: E402
from training.reopen import ReopenError, has_this_template, reopen  # noqa: E402
from training.run import shape_of  # noqa: E402
from training.stream import batch, sample_texts, sequences  # noqa: E402
from training.tokenizer import EOS, FRAGMENTS, encode_lines, train_tokenizer  # noqa: E402

SMOKE = PRESETS["smoke"]


@pytest.fixture(scope="module")
def tokenizer():
    """A small tokenizer of the training texts."""
    return train_tokenizer(sample_texts(0, 300), SMOKE.vocabulary)


@pytest.fixture
def model(tokenizer) -> Planner:
    """A network with random weights."""
    torch.manual_seed(1)
    return Planner(shape_of(SMOKE, tokenizer.get_vocab_size()))


def test_lines_join_without_changing_tokens(tokenizer) -> None:
    """Packing encodes line by line what the host encodes as a whole."""
    for text in sample_texts(1, 60):
        lines = encode_lines(tokenizer, text.splitlines(keepends=True))
        assert [token for line in lines for token in line] == tokenizer.encode(text).ids


def test_a_call_costs_few_tokens_and_each_is_short(tokenizer) -> None:
    """A move is name, keys and single digits; no fragment is as long as the 32 bytes that a binding drops."""
    text = '{"name":"move_to","arguments":{"x":1.5,"y":-0.25,"z":0.5}}' + EOS
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text
    assert len(tokenizer.encode(text).ids) <= 21
    assert max(map(len, FRAGMENTS)) < 32


def test_packed_replies_have_the_scores_of_plain_ones(tokenizer, model: Planner) -> None:
    """Tree, mask and positions change nothing: a packed reply is scored as if it stood alone."""
    packed = next(sequences(tokenizer, Random(5), 512))
    tokens, positions = torch.from_numpy(packed.tokens), torch.from_numpy(packed.positions)
    mask = torch.from_numpy(packed.mask)
    normed = model(tokens[None], positions[None], mask[None, None])[0]
    ends = [int(end) for end in (tokens == tokenizer.token_to_id(EOS)).nonzero()[:4]]
    assert ends
    for end in ends:
        path = mask[end].nonzero()[:, 0]
        path = path[positions[path].argsort()]
        plain = model(tokens[path][None], torch.arange(len(path))[None], torch.ones(len(path), len(path)).tril().bool())
        torch.testing.assert_close(model.logits(normed[end]), model.logits(plain[0, -1]), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("tokens", [1, BLOCK - 1, BLOCK, 2 * BLOCK + 7])
def test_attention_in_blocks_is_that_of_torch(tokens: int) -> None:
    """Whether or not the last block is full, values and gradients."""
    torch.manual_seed(2)
    heads = torch.randn(3, 2, 4, tokens, 32, requires_grad=True)
    mask = ((torch.rand(2, 1, tokens, tokens) < 0.3) | torch.eye(tokens).bool()).tril()
    theirs = torch.nn.functional.scaled_dot_product_attention(*heads, attn_mask=mask)
    ours = attention(*heads, mask)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
    slopes = [torch.autograd.grad(mixed.square().sum(), heads)[0] for mixed in (ours, theirs)]
    torch.testing.assert_close(*slopes, atol=1e-4, rtol=1e-3)


def test_a_batch_depends_on_seed_and_step_only(tokenizer) -> None:
    """A resumed run sees what an unbroken one sees."""
    first, again, other = (batch(tokenizer, 0, step, 1, 512) for step in (3, 3, 4))
    assert (first.tokens == again.tokens).all()
    assert not (first.tokens == other.tokens).all()


def test_muon_pushes_singular_values_towards_one() -> None:
    """The quintic iteration lands near an orthogonal matrix, tall or wide."""
    torch.manual_seed(0)
    for shape in ((3, 64, 32), (3, 32, 64)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert 0.5 < values.min() < values.max() < 1.4


def test_the_schedule_warms_up_and_ends_at_zero() -> None:
    """The last steps decide much of the quality."""
    rates = [schedule(step, 1000) for step in range(1000)]
    assert (rates[0], max(rates), rates[-1]) == (1 / 40, 1.0, 1 / 400)
    assert rates[40:] == sorted(rates[40:], reverse=True)


@pytest.mark.parametrize(("head_dim", "sections"), [(32, [6, 5, 5, 0]), (64, [12, 10, 10, 0])])
def test_rope_sections_cover_all_pairs(head_dim: int, sections: list[int]) -> None:
    """A pair that no section covers would not be rotated."""
    assert rope_sections(head_dim) == sections
    assert sum(sections) == head_dim // 2


def test_the_exported_file_carries_tokenizer_template_and_weights(tmp_path: Path, tokenizer, model: Planner) -> None:
    """What llama.cpp needs is in one file, and the matrices are Q8_0."""
    from training import prompt

    path = tmp_path / "tiny.gguf"
    assert write_gguf(model, tokenizer, path) == path.stat().st_size
    reader = gguf.GGUFReader(path)
    assert reader.get_field("general.architecture").contents() == "qwen3vl"
    assert reader.get_field("tokenizer.chat_template").contents() == prompt.template_source()
    assert len(reader.get_field("tokenizer.ggml.tokens").contents()) == tokenizer.get_vocab_size()
    kinds = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
    assert kinds["blk.0.attn_q.weight"] == "Q8_0"
    assert kinds["output_norm.weight"] == "F32"


@pytest.mark.parametrize("quantized", [True, False])
def test_a_written_file_can_be_gone_on_with(tmp_path: Path, tokenizer, model: Planner, *, quantized: bool) -> None:
    """Sizes, tokens and weights come back: the weights to the half step of Q8_0, or exactly."""
    path = tmp_path / "tiny.gguf"
    write_gguf(model, tokenizer, path, quantized=quantized)
    again, tokens = reopen(path)
    assert has_this_template(path)
    assert tokens.to_str() == tokenizer.to_str()
    assert again.shape == model.shape
    for (name, weight), (_, other) in zip(model.state_dict().items(), again.state_dict().items(), strict=True):
        step = weight.abs().max() / 127 if quantized and weight.ndim == 2 else torch.tensor(1e-9)
        assert (weight - other).abs().max() <= 0.51 * step, name


def test_the_classifier_tells_goals_from_other_texts(tmp_path: Path, tokenizer, model: Planner) -> None:
    """After some thousand texts already; the same seed gives the same one, and the file gives it back."""
    classifier = fit_classifier(3, 4000)
    assert fit_classifier(3, 4000) == classifier
    write_gguf(model, tokenizer, tmp_path / "tiny.gguf", classifier)
    found = read_classifier(read_header(tmp_path / "tiny.gguf").keys, tmp_path / "tiny.gguf")
    assert found is not None
    assert found.weights == classifier.weights
    assert found.probability("move 30 cm up", ()) == pytest.approx(
        classifier.probability("move 30 cm up", ()), rel=1e-5
    )
    assert found.probability("move 30 cm up", ()) > 0.5 > found.probability("why do cats purr so loudly", ())


def test_a_classifier_goes_on_from_what_another_knows() -> None:
    """A few texts leave what thousands have taught; from nothing they teach less."""
    start = fit_classifier(3, 4000)
    on, anew = fit_classifier(4, 200, start=start), fit_classifier(4, 200)

    def gap(classifier: DomainClassifier) -> float:
        goal, other = ("shift the tool 4 cm to the left", "what a lovely song that was")
        return classifier.probability(goal, ()) - classifier.probability(other, ())

    assert gap(on) > 0.6
    assert gap(on) > gap(anew)
    assert fit_classifier(4, 200, start=replace(start, weights=start.weights[:8])) == anew


@pytest.mark.parametrize("share", [0.0, 0.7, 1.0])
def test_a_blend_lies_between_two_files(tmp_path: Path, tokenizer, model: Planner, share: float) -> None:
    """Weight by weight, as exactly as Q8_0 keeps them; with the classifier of the second."""
    torch.manual_seed(2)
    other, classifier = Planner(model.shape), fit_classifier(3, 400)
    write_gguf(model, tokenizer, tmp_path / "before.gguf")
    write_gguf(other, tokenizer, tmp_path / "after.gguf", classifier)
    arguments = [str(tmp_path / "before.gguf"), str(tmp_path / "after.gguf"), "--share", str(share)]
    assert blend.main([*arguments, "--out", str(tmp_path / "out.gguf")]) == 0
    found, _ = reopen(tmp_path / "out.gguf")
    for (name, weight), first, last in zip(
        found.state_dict().items(), model.state_dict().values(), other.state_dict().values(), strict=True
    ):
        most = 2.0 * max(first.abs().max(), last.abs().max()) / 127 if weight.ndim == 2 else 1e-6
        assert (weight - first.lerp(last, share)).abs().max() <= most, name
    kept = read_classifier(read_header(tmp_path / "out.gguf").keys, tmp_path / "out.gguf")
    assert kept is not None
    assert kept.weights == classifier.weights


def test_files_of_two_descents_are_not_blended(
    tmp_path: Path, tokenizer, model: Planner, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sizes differ, or one is no model at all: a sentence, and no file."""
    before, after, out = (tmp_path / f"{name}.gguf" for name in ("before", "after", "out"))
    write_gguf(model, tokenizer, before)
    write_gguf(Planner(replace(model.shape, layers=1)), tokenizer, after)
    assert blend.main([str(before), str(after), "--out", str(out)]) == 2
    assert capsys.readouterr().err.startswith(f"{before} and {after} have different sizes or tokens; ")
    after.write_bytes(b"no GGUF at all, but long enough to be looked at")
    assert blend.main([str(before), str(after), "--out", str(out)]) == 2
    assert "is no GGUF file that can be read" in capsys.readouterr().err
    assert not out.exists()


def test_a_file_of_another_kind_is_not_gone_on_with(tmp_path: Path) -> None:
    """Whatever is wrong with it is one sentence."""
    path = tmp_path / "other.gguf"
    path.write_bytes(b"no GGUF at all, but long enough to be looked at")
    with pytest.raises(ReopenError) as failure:
        reopen(path)
    assert str(failure.value).startswith(f"{path} is no GGUF file that can be read: ")
    writer = gguf.GGUFWriter(path, "llama")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ReopenError) as failure:
        reopen(path)
    assert str(failure.value).startswith(f"{path} is no pocket model of this repository: ")


def test_llama_cpp_writes_what_the_network_writes(tmp_path: Path, tokenizer, model: Planner) -> None:
    """Greedy decoding of an exported model agrees with torch, tokenizer included."""
    pytest.importorskip("xllamacpp")
    from llmos.models.backend import load
    from llmos.models.chat_template import Prompt
    from llmos.models.completion import Decoding, Loading

    path = tmp_path / "tiny.gguf"
    write_gguf(model, tokenizer, path, quantized=False)
    backend = load(Loading(path, None, 1024, 1), "xllamacpp")
    compared = 0
    for text in list(sample_texts(2, 40))[:24]:
        tokens = tokenizer.encode(text).ids
        start = len(tokens)
        while len(tokens) < start + 6:
            count = len(tokens)
            normed = model(
                torch.tensor([tokens]), torch.arange(count)[None], torch.ones(count, count).tril().bool()[None, None]
            )
            best, second = model.logits(normed[0, -1]).topk(2).values.tolist()
            if best - second < 0.02:  # llama.cpp keeps what it has read in 16 bits: it may take the other
                break
            tokens.append(int(model.logits(normed[0, -1]).argmax()))
        if len(tokens) > start:
            written = backend.complete(Prompt(text, ()), Decoding(len(tokens) - start), lambda _: None).text
            expected = tokenizer.decode(tokens[start:], skip_special_tokens=False).split(EOS)[0]
            whole, wanted = (each.partition("\ufffd")[0] for each in (written, expected))  # up to half a letter
            assert whole == wanted
            compared += len(whole)
    assert compared > 20
    backend.close()
