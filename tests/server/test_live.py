"""`/ws`: the state as often as one asks, in the document's message; nonsense and floods trouble nobody else."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from tests.support.service import Served, served


def next_of(socket: Any, kind: str) -> Any:
    """The next message of this type."""
    while True:
        message = socket.receive_json()
        if message["type"] == kind:
            return message


def test_state_updates_have_the_documents_shape(tmp_path: Path) -> None:
    """`{"type": "state_update", "state": {...}}`, with the Sentience Layer beside it."""
    with served(tmp_path) as service, service.client.websocket_connect("/ws") as socket:
        message = socket.receive_json()
    assert message["type"] == "state_update"
    assert message["state"]["position"].keys() == {"x", "y", "z", "theta"}
    assert message["state"]["position"]["z"] == pytest.approx(1.0, abs=0.02)
    assert message["state"].keys() >= {"tool_active", "emergency_stop", "timestamp"}
    assert "latent_mode" in message["sentience"]


def test_a_listener_sees_a_motion_and_a_stop(tmp_path: Path) -> None:
    """What others do is told."""
    with served(tmp_path) as service, service.client.websocket_connect("/ws?hz=30") as socket:
        service.post("/move", {"x": 0.5, "y": 0.0, "z": 1.0})
        while (state := socket.receive_json()["state"])["position"]["x"] < 0.49:
            assert not state["emergency_stop"]
        service.post("/emergency")
        while not (state := socket.receive_json()["state"])["emergency_stop"]:
            pass
    assert state["position"]["x"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("asked", "given"), [(30, 30.0), (1000, 30.0), (1, 1.0), (None, 10.0)])
def test_a_listener_asks_how_often_and_gets_at_most_so_much(tmp_path: Path, asked: Any, given: float) -> None:
    """By message; what is granted is told."""
    with served(tmp_path) as service, service.client.websocket_connect("/ws") as socket:
        wish = {"type": "subscribe"} if asked is None else {"type": "subscribe", "hz": asked}
        socket.send_json(wish)
        assert next_of(socket, "subscribed") == {"type": "subscribed", "hz": given}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"type":"subscribe","hz":0}', '{"hz":-1}', '{"hz":"30"}', '{"hz":true}', '{"hz":1e400}',
     '{"hz":NaN}', '{"type":"subscribe","more":1}', '{"type":"command"}', "[" * 3000, "x" * 5000],
)  # fmt: skip
def test_nonsense_is_answered_with_a_sentence(tmp_path: Path, text: str) -> None:
    """And the state goes on being told."""
    with served(tmp_path) as service, service.client.websocket_connect("/ws?hz=30") as socket:
        socket.send_text(text)
        assert next_of(socket, "error")["reason"] == "The message was not understood"
        assert next_of(socket, "state_update")


@pytest.mark.parametrize("hz", ["0", "-1", "x", "NaN", "Infinity", "", "1e99", "30%7D%2C%22"])
def test_an_impossible_rate_in_the_address_is_refused(tmp_path: Path, hz: str) -> None:
    """422 before anything is opened."""
    with served(tmp_path) as service:
        assert denied(service, f"/ws?hz={hz}") == 422


def denied(service: Served, path: str) -> int:
    """The status with which a WebSocket is not let in."""
    with pytest.raises(WebSocketDenialResponse) as refusal, service.client.websocket_connect(path):
        pass
    return refusal.value.status_code


def test_bytes_are_no_wish(tmp_path: Path) -> None:
    """Binary messages are not understood."""
    with served(tmp_path) as service, service.client.websocket_connect("/ws") as socket:
        socket.send_bytes(b"\x00\xff")
        assert next_of(socket, "error")["rule"] == "well-formed"


def test_a_flood_is_let_go_and_nobody_else(tmp_path: Path) -> None:
    """The connection is closed with a reason; another listener hears on."""
    with served(tmp_path, rules={"messages_per_s": 5}) as service:
        with service.client.websocket_connect("/ws?hz=30") as quiet:
            with service.client.websocket_connect("/ws") as loud:
                flood(loud)
            assert next_of(quiet, "state_update")
        assert 'llmos_listeners_dropped_total{why="flood"} 1.0' in service.get("/metrics").text


def flood(socket: Any) -> None:
    """Say more than anybody wants to hear, until one is let go."""

    def say_too_much() -> None:
        while True:
            socket.send_text('{"hz": 1}')
            socket.receive_text()

    with pytest.raises(WebSocketDisconnect) as end:
        say_too_much()
    assert (end.value.code, end.value.reason) == (1008, "let go: flood")


def test_there_is_room_for_so_many(tmp_path: Path) -> None:
    """One more than that is refused, and comes in when another has gone."""
    with served(tmp_path, rules={"max_clients": 1}) as service:
        with service.client.websocket_connect("/ws"):
            assert denied(service, "/ws") == 503
        while "llmos_listeners 0.0" not in service.get("/metrics").text:
            pass
        with service.client.websocket_connect("/ws") as socket:
            assert next_of(socket, "state_update")


def test_the_openapi_document_knows_everything_that_http_has(tmp_path: Path) -> None:
    """Every address with its bodies; WebSockets are told of at `/`."""
    with served(tmp_path) as service:
        paths = set(service.get("/openapi.json").json()["paths"])
    assert paths >= {"/", "/health", "/state", "/safety", "/sentience", "/command", "/move", "/tool", "/view"}
    assert paths >= {"/reset", "/emergency", "/metrics", "/interrupt"}
