"""Whatever is sent, the answer is a sentence with the right status, nothing moves, and the stop still works."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.service import Served, served

GOOD: dict[str, dict[str, Any]] = {
    "/move": {"x": 0.1, "y": 0.1, "z": 1.0, "theta": 10.0},
    "/tool": {"activate": True},
    "/view": {"view_type": "cockpit"},
    "/command": {"command": "go", "agent": "operator"},
}
WRONG = ["NaN", "Infinity", "-Infinity", "1e999", "1e300", "null", '"1.0"', '"NaN"', "[]", "{}", "[1.0]", "9" * 400]
MEANT = {("theta", "null"), *((name, text) for name in ("agent", "command") for text in ('"1.0"', '"NaN"'))}
"""No heading is a wish of its own, and any text names an agent or a goal."""
FIELDS = [
    (path, name, value) for path, body in GOOD.items() for name in body for value in WRONG if (name, value) not in MEANT
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service that has to live through all of it."""
    rules = {"requests_per_s": 100000, "commands_per_s": 100000}
    with served(tmp_path_factory.mktemp("service"), rules=rules) as found:
        yield found


def post(service: Served, path: str, body: bytes | str) -> Any:
    """The answer to this body as it is."""
    content = body if isinstance(body, bytes) else body.encode()
    return service.client.post(path, content=content, headers={"Content-Type": "application/json"})


def assert_refused(answer: Any, *statuses: int) -> None:
    """A refusal in the one shape, with a sentence and without a trace of how we are made."""
    assert answer.status_code in statuses, answer.text
    said = answer.json()
    assert said.keys() >= {"success", "reason", "rule", "suggestion"}
    assert said["success"] is False
    assert said["reason"]
    assert "Traceback" not in answer.text
    assert "pydantic" not in answer.text
    assert len(answer.text) < 2000


@pytest.mark.parametrize(("path", "name", "value"), FIELDS)
def test_a_wrong_value_in_any_field_is_refused(service: Served, path: str, name: str, value: str) -> None:
    """NaN, infinities, huge numbers, strings for numbers, lists, objects: 422 before anything is asked of the robot."""
    assert_refused(post(service, path, json.dumps({**GOOD[path], name: "HERE"}).replace('"HERE"', value)), 422)


@pytest.mark.parametrize("name", ["x", "y", "z", "theta"])
@pytest.mark.parametrize("value", ["true", "false"])
def test_a_truth_value_is_no_number(service: Served, name: str, value: str) -> None:
    """`true` is not 1.0 metres."""
    assert_refused(post(service, "/move", json.dumps({**GOOD["/move"], name: "HERE"}).replace('"HERE"', value)), 422)


@pytest.mark.parametrize("value", ["1", "0", '"true"', "null"])
def test_a_number_is_no_truth_value(service: Served, value: str) -> None:
    """Nor is a string."""
    assert_refused(post(service, "/tool", f'{{"activate": {value}}}'), 422)


@pytest.mark.parametrize("path", GOOD)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"\xff\xfe\x00",
        b"{" * 50_000,
        b"[" * 50_000,
        b'{"x":' * 50_000,
        b"1" * 10_000,
    ],
    ids=["nothing", "half", "null", "list", "string", "no UTF-8", "deep", "deeper", "deepest", "long number"],
)
def test_what_is_no_object_is_refused(service: Served, path: str, body: bytes) -> None:
    """Half JSON, deep JSON, no JSON."""
    assert_refused(post(service, path, body), 422)


@pytest.mark.parametrize("path", GOOD)
def test_an_unknown_field_is_refused(service: Served, path: str) -> None:
    """A misspelt field would else be a wish that nobody reads."""
    answer = post(service, path, json.dumps({**GOOD[path], "speed": 9}))
    assert_refused(answer, 422)
    assert answer.json()["reason"] == "There is no field speed"


def test_a_body_of_a_megabyte_is_too_long(service: Served) -> None:
    """413, whether its length is told or not."""
    assert_refused(post(service, "/move", b" " * 1_000_001), 413)
    chunks = (b" " * 100_000 for _ in range(11))
    headers = {"Content-Type": "application/json"}
    assert_refused(service.client.post("/move", content=chunks, headers=headers), 413)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
@pytest.mark.parametrize("path", [*GOOD, "/reset", "/interrupt"])
def test_what_a_form_can_send_is_refused(service: Served, path: str, kind: str) -> None:
    """A foreign page can send these types unasked, so none of them does anything; reset least of all."""
    answer = service.client.post(path, content=b"{}", headers={"Content-Type": kind} if kind else {})
    assert_refused(answer, 415)
    assert answer.json()["rule"] == "media-type"


@given(
    body=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y", "z", "theta", "q"]), inner)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode())
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_body_gets_an_answer(service: Served, body: bytes) -> None:
    """No body is answered with 5xx, and a move that is answered with 200 ends inside the workspace."""
    answer = post(service, "/move", body)
    assert answer.status_code in (200, 409, 422), answer.text
    if answer.status_code == 200:
        found = answer.json()["position"]
        assert -2 <= found["x"] <= 2
        assert -2 <= found["y"] <= 2
        assert 0 <= found["z"] <= 3


def test_after_all_of_it_the_stop_works(service: Served) -> None:
    """And so does what comes after."""
    assert service.post("/emergency").json()["emergency_stop"] is True
    assert service.post("/reset").json()["rearmed"] is True
    assert service.post("/reset").json()["homed"] is True
