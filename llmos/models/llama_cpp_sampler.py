"""Chooses the next token under a grammar, looking at the whole vocabulary only when the likeliest token is forbidden.

Knows the low-level bindings of llama-cpp-python and no text.
"""

import contextlib
import ctypes
from typing import Any

import llama_cpp
import numpy as np

from llmos.errors import ModelError
from llmos.models.completion import Decoding

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])  # llama_token_data
TOP_K, TOP_P = 40, 0.95
"""Used only above temperature 0; llama.cpp's own defaults."""


class Sampler:
    """One reply's choices; what native code allocates is freed with `opened`."""

    def __init__(self, vocabulary: Any, decoding: Decoding, opened: contextlib.ExitStack) -> None:  # noqa: ANN401
        self._size = llama_cpp.llama_vocab_n_tokens(vocabulary)
        self._candidates = np.empty(self._size, dtype=_CANDIDATE)
        self._grammar = _grammar(vocabulary, decoding.grammar, opened) if decoding.grammar else None
        self._chain = _chain(decoding, opened) if decoding.temperature > 0 else None

    def next(self, logits: Any) -> int | None:  # noqa: ANN401 - a ctypes pointer
        """The next token of `logits` (one per token of the vocabulary); None when the grammar allows none."""
        scores = np.ctypeslib.as_array(logits, shape=(self._size,))
        token = self._choose(scores, within_grammar=False)
        if self._grammar and not self._allows(token):
            token = self._choose(scores, within_grammar=True)
        if token is None:
            return None
        if self._grammar:
            llama_cpp.llama_sampler_accept(self._grammar, token)
        if self._chain:
            llama_cpp.llama_sampler_accept(self._chain, token)
        return token

    def _choose(self, scores: np.ndarray[Any, Any], *, within_grammar: bool) -> int | None:
        if not within_grammar and not self._chain:
            return int(scores.argmax())
        self._candidates["id"] = np.arange(self._size)
        self._candidates["logit"] = scores
        self._candidates["p"] = 0.0
        array = _as_array(self._candidates)
        if within_grammar:
            llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(array))
            if not np.isfinite(self._candidates["logit"]).any():
                return None
        if not self._chain:
            return int(self._candidates["id"][self._candidates["logit"].argmax()])
        llama_cpp.llama_sampler_apply(self._chain, ctypes.byref(array))
        return int(array.data[array.selected].id)

    def _allows(self, token: int | None) -> bool:
        one = np.array([(token, 1.0, 0.0)], dtype=_CANDIDATE)
        llama_cpp.llama_sampler_apply(self._grammar, ctypes.byref(_as_array(one)))
        return bool(np.isfinite(one["logit"][0]))


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
