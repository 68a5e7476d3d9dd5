"""Chooses the next token under a grammar, looking at the whole vocabulary only when it has to.

It has to when the likeliest token is forbidden, and at every token of a reply whose probability is asked for. Knows the
low-level bindings of llama-cpp-python and no text.
"""

import contextlib
import ctypes
from typing import Any, TypeAlias

import llama_cpp
import numpy as np

from llmos.errors import ModelError
from llmos.models.completion import Decoding

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])  # llama_token_data
TOP_K, TOP_P = 40, 0.95
"""Used only above temperature 0; llama.cpp's own defaults."""
Scores: TypeAlias = np.ndarray[Any, Any]
"""One logit per token of the vocabulary."""


class Sampler:
    """One reply's choices; what native code allocates is freed with `opened`.

    `logprob` is the sum so far of what `Completion.logprob` is; None when the reply is not scored.
    """

    def __init__(self, vocabulary: Any, decoding: Decoding, opened: contextlib.ExitStack) -> None:  # noqa: ANN401
        self._size = llama_cpp.llama_vocab_n_tokens(vocabulary)
        self._candidates = np.empty(self._size, dtype=_CANDIDATE)
        self._ids = np.arange(self._size)
        self._grammar = _grammar(vocabulary, decoding.grammar, opened) if decoding.grammar else None
        self._chain = _chain(decoding, opened) if decoding.temperature > 0 else None
        self.logprob = 0.0 if decoding.scored else None

    def next(self, logits: Any) -> int | None:  # noqa: ANN401 - a ctypes pointer
        """The next token of `logits` (one per token of the vocabulary); None when the grammar allows none."""
        scores = np.ctypeslib.as_array(logits, shape=(self._size,))
        token = self._choose(scores)
        if self._grammar and (self.logprob is not None or not self._allows(token)):
            scores = self._within_grammar(scores)
            if not np.isfinite(scores[token]):
                token = self._choose(scores)
            if not np.isfinite(scores[token]):
                return None
        if self.logprob is not None:
            self.logprob += _log_share(scores, token)
        if self._grammar:
            llama_cpp.llama_sampler_accept(self._grammar, token)
        if self._chain:
            llama_cpp.llama_sampler_accept(self._chain, token)
        return token

    def _within_grammar(self, scores: Scores) -> Scores:
        """The scores, those of forbidden tokens being minus infinity."""
        array = self._filled(scores)
        llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return self._candidates["logit"].copy()

    def _choose(self, scores: Scores) -> int:
        """The token that is taken; one at minus infinity when there are no others."""
        if not self._chain or not np.isfinite(scores).any():
            return int(scores.argmax())
        array = self._filled(scores)
        llama_cpp.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _filled(self, scores: Scores) -> Any:  # noqa: ANN401
        self._candidates["id"] = self._ids
        self._candidates["logit"] = scores
        self._candidates["p"] = 0.0
        return _as_array(self._candidates)

    def _allows(self, token: int) -> bool:
        one = np.array([(token, 1.0, 0.0)], dtype=_CANDIDATE)
        llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(_as_array(one)))
        return bool(np.isfinite(one["logit"][0]))


def _log_share(scores: Scores, token: int) -> float:
    """Ln of the softmax of one of the scores; exactly 0 when the others are minus infinity."""
    above = scores.astype(np.float64) - scores[token]
    return -float(np.logaddexp.reduce(above))


def _as_array(candidates: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401
    data = candidates.ctypes.data_as(llama_cpp.llama_token_data_p)
    return llama_cpp.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)


def _grammar(vocabulary: Any, source: str, opened: contextlib.ExitStack) -> Any:  # noqa: ANN401
    grammar = llama_cpp.llama_sampler_init_grammar(vocabulary, source.encode(), b"root")
    if not grammar:
        raise ModelError("llama.cpp cannot read the grammar of this request")
    opened.callback(llama_cpp.llama_sampler_free, grammar)
    return grammar


def _chain(decoding: Decoding, opened: contextlib.ExitStack) -> Any:  # noqa: ANN401
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    opened.callback(llama_cpp.llama_sampler_free, chain)
    for link in (
        llama_cpp.llama_sampler_init_top_k(TOP_K),
        llama_cpp.llama_sampler_init_top_p(TOP_P, 1),
        llama_cpp.llama_sampler_init_temp(decoding.temperature),
        llama_cpp.llama_sampler_init_dist(decoding.seed),
    ):
        llama_cpp.llama_sampler_chain_add(chain, link)
    return chain
