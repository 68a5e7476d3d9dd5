"""Hypothesis strategies for what travels between person, model and tools."""

from hypothesis import strategies as st

from llmos.messages import Image, Message, Reply, Text, Thinking, ToolCall, ToolResult, ToolSpec, Usage

texts = st.text(max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts, json_values, max_size=3)
images = st.builds(Image, st.binary(max_size=30), st.sampled_from(["image/png", "image/jpeg"]))
thoughts = st.builds(Thinking, texts, texts, st.booleans())
calls = st.builds(ToolCall, texts, texts, objects, st.none() | texts)
contents = st.lists(st.builds(Text, texts) | images, max_size=3).map(tuple)
results = st.builds(ToolResult, st.sampled_from(["a", "b", "c"]), contents, st.booleans())
user_messages = st.builds(
    Message, st.just("user"), st.lists(st.builds(Text, texts) | images | results, min_size=1, max_size=4).map(tuple)
)
counts = st.integers(0, 10**9)
usages = st.builds(Usage, counts, counts, counts, counts)
replies = st.builds(
    Reply,
    st.lists(st.builds(Text, texts) | thoughts | calls, max_size=4).map(tuple),
    st.sampled_from(["end", "tools", "length", "refusal", "stop_sequence", "pause"]),
    usages,
    texts,
    st.sampled_from(["done", "failed", "abstained"]),
)
tool_specs = st.builds(ToolSpec, texts, texts, objects)
