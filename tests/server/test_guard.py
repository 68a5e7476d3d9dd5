"""Who gets in: hosts, origins, tokens, roles, rates; the stop alone asks for next to nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import WebSocketDenialResponse
from starlette.types import Message

from llmos.server.access import COOKIE, Access, Role
from llmos.server.guard import _LimitedBody
from tests.support.service import Served, served

TOKENS = {
    Role.VIEWER: "viewer-0123456789abcdef",
    Role.OPERATOR: "operator-0123456789abcd",
    Role.ADMIN: "admin-0123456789abcdef0",
}
HOSTS = frozenset({"testserver", "localhost"})
FRIEND = "https://robot.example:8443"
READ = ["/", "/health", "/state", "/safety", "/sentience", "/metrics", "/openapi.json"]
ACT = ["/command", "/move", "/tool", "/reset", "/interrupt"]


@pytest.fixture
def open_service(tmp_path: Path) -> Iterator[Served]:
    """A service on the loopback."""
    with served(tmp_path, access=Access(hosts=HOSTS, origins=frozenset({FRIEND}))) as found:
        yield found


@pytest.fixture
def closed_service(tmp_path: Path) -> Iterator[Served]:
    """A service that asks for tokens."""
    with served(tmp_path, access=Access(TOKENS, HOSTS)) as found:
        yield found


def bearer(role: Role) -> dict[str, str]:
    """The header with this role's token."""
    return {"Authorization": f"Bearer {TOKENS[role]}"}


def denied(service: Served, **how: Any) -> Any:
    """The answer to a WebSocket that is not let in."""
    with pytest.raises(WebSocketDenialResponse) as refusal, service.client.websocket_connect("/ws", **how):
        pass
    return refusal.value


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "192.168.1.5", "", "localhost.evil"])
@pytest.mark.parametrize("path", READ)
def test_a_foreign_name_gets_nothing(open_service: Served, host: str, path: str) -> None:
    """A page whose name was pointed at our address (DNS rebinding) can read nothing."""
    answer = open_service.get(path, headers={"Host": host})
    assert (answer.status_code, answer.json()["rule"]) == (421, "host")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "LOCALHOST:1"])
def test_our_own_names_are_known(open_service: Served, host: str) -> None:
    """Whatever port they stand with: a container's may be another outside."""
    assert open_service.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example", "http://testserver:81"]
)
@pytest.mark.parametrize("path", [*ACT, "/view", "/login"])
def test_a_foreign_page_can_do_nothing(open_service: Served, origin: str, path: str) -> None:
    """Rearming least of all."""
    answer = open_service.post(path, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["rule"]) == (403, "origin")


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_foreign_page_cannot_listen(open_service: Served, origin: str) -> None:
    """A WebSocket has no same-origin policy of its own."""
    answer = denied(open_service, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["rule"]) == (403, "origin")


def test_a_foreign_page_can_stop_the_robot(open_service: Served) -> None:
    """Stopping asks for no origin and no known name."""
    answer = open_service.client.post("/emergency", headers={"Origin": "https://evil.example", "Host": "evil.example"})
    assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["http://testserver", FRIEND])
def test_our_own_pages_and_allowed_ones_come_in(open_service: Served, origin: str) -> None:
    """The cockpit, and what --allow-origin names."""
    assert open_service.post("/move", {"x": 0.1, "y": 0, "z": 1.0}, headers={"Origin": origin}).status_code == 200
    with open_service.client.websocket_connect("/ws", headers={"Origin": origin}) as socket:
        assert socket.receive_json()["type"] == "state_update"


def test_an_allowed_page_may_read_the_answers(open_service: Served) -> None:
    """Its preflight is answered; a foreign one's is not."""
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = open_service.client.options("/move", headers={"Origin": FRIEND, **asked})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, FRIEND)
    foreign = open_service.client.options("/move", headers={"Origin": "https://evil.example", **asked})
    assert "access-control-allow-origin" not in foreign.headers


@pytest.mark.parametrize("path", READ)
def test_without_a_token_nothing_is_told(closed_service: Served, path: str) -> None:
    """401, and how to do better."""
    answer = closed_service.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["reason"] == "A token is needed, and there is none or a wrong one"
    assert answer.json()["suggestion"] == "send `Authorization: Bearer TOKEN`; in a browser, open /login"


@pytest.mark.parametrize("path", [*ACT, "/view", "/emergency"])
def test_without_a_token_nothing_is_done(closed_service: Served, path: str) -> None:
    """Not even a stop: who may not look may not stop either."""
    assert closed_service.post(path).status_code == 401


@pytest.mark.parametrize("given", ["", "wrong", "viewer-0123456789abcde", "viewer-0123456789abcdef0", "ü" * 40, "\x00"])
def test_a_wrong_token_is_none(closed_service: Served, given: str) -> None:
    """Almost right is wrong, and what is no ASCII breaks nothing."""
    headers = [(b"authorization", f"Bearer {given}".encode())]
    assert closed_service.client.get("/state", headers=headers).status_code == 401


@pytest.mark.parametrize("path", READ)
def test_a_viewer_may_look(closed_service: Served, path: str) -> None:
    """Everything that only reads."""
    assert closed_service.get(path, headers=bearer(Role.VIEWER)).status_code == 200
    assert closed_service.post("/view", headers=bearer(Role.VIEWER)).status_code == 200


@pytest.mark.parametrize("path", ACT)
def test_a_viewer_may_not_act(closed_service: Served, path: str) -> None:
    """403, and whose token would do."""
    answer = closed_service.post(path, headers=bearer(Role.VIEWER))
    assert (answer.status_code, answer.json()["rule"]) == (403, "role")
    assert answer.json()["reason"] == "A viewer may not do this"
    assert answer.json()["suggestion"] == "use the token of the operator"


@pytest.mark.parametrize("role", Role)
def test_everybody_may_stop(closed_service: Served, role: Role) -> None:
    """The least privilege there is suffices."""
    answer = closed_service.post("/emergency", headers=bearer(role))
    assert (answer.status_code, answer.json()["by"]) == (200, role.label)


def test_an_operator_may_act_and_rearm(closed_service: Served) -> None:
    """Not more than that: documents are changed by the admin."""
    headers = bearer(Role.OPERATOR)
    assert closed_service.post("/move", {"x": 0.1, "y": 0, "z": 1.0}, headers=headers).status_code == 200
    closed_service.post("/emergency", headers=headers)
    assert closed_service.post("/reset", headers=headers).json()["rearmed"] is True
    assert closed_service.client.put("/move", headers=headers).status_code == 403


def test_a_browser_logs_in_once(closed_service: Served) -> None:
    """The token becomes a cookie that no script reads and no other site sends."""
    page = closed_service.get("/login")
    assert page.status_code == 200
    assert closed_service.get("/login.js").headers["content-type"].startswith("text/javascript")
    answer = closed_service.post("/login", {"token": TOKENS[Role.OPERATOR]})
    assert answer.json() == {"success": True, "role": "operator"}
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in (COOKIE, "HttpOnly", "SameSite=strict"))
    assert closed_service.get("/state").status_code == 200
    with closed_service.client.websocket_connect("/ws") as socket:
        assert socket.receive_json()["type"] == "state_update"


def test_a_browser_without_a_token_is_led_to_where_it_can_log_in(closed_service: Served) -> None:
    """Whoever opens the cockpit sees a page, not JSON; a script still gets its 401."""
    headers = {"Accept": "text/html,application/xhtml+xml"}
    answer = closed_service.get("/cockpit", headers=headers, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert closed_service.get("/state").status_code == 401


def test_guessing_tokens_takes_time(closed_service: Served) -> None:
    """After some tries one has to wait."""
    tries = [closed_service.post("/login", {"token": f"guess-{number}"}).status_code for number in range(5)]
    assert tries == [401, 429, 429, 429, 429]


def test_wrong_tokens_are_counted_against_the_address(tmp_path: Path) -> None:
    """After some of them 429 and how long to wait; a right token is not kept waiting, and a stop is told 401."""
    with served(tmp_path, access=Access(TOKENS, HOSTS), rules={"commands_per_s": 1}) as service:
        wrong = {"Authorization": "Bearer guess-0123456789abcdef"}
        answers = [service.get("/state", headers=wrong) for _ in range(20)]
        assert [answer.status_code for answer in answers[:2]] == [401, 401]
        refusal = next(answer for answer in answers if answer.status_code == 429)
        assert (refusal.json()["rule"], refusal.headers["retry-after"]) == ("rate", "1")
        assert {service.post("/emergency", headers=wrong).status_code for _ in range(20)} == {401}
        assert service.get("/state", headers=bearer(Role.VIEWER)).status_code == 200
        assert service.post("/emergency", headers=bearer(Role.VIEWER)).status_code == 200


def test_a_page_of_another_origin_offers_its_token_as_a_subprotocol(tmp_path: Path) -> None:
    """It can set no header on a WebSocket; one that it offered is chosen, as browsers demand."""
    access = Access(TOKENS, HOSTS, frozenset({FRIEND}))
    with served(tmp_path, access=access) as service:
        offered = ["llmos", f"bearer.{TOKENS[Role.VIEWER]}"]
        with service.client.websocket_connect("/ws", subprotocols=offered, headers={"Origin": FRIEND}) as socket:
            assert socket.accepted_subprotocol == "llmos"
        answer = denied(service, subprotocols=["llmos", "bearer.wrong"])
        assert (answer.status_code, answer.json()["rule"]) == (401, "token")


def test_a_service_without_tokens_serves_no_proxy(tmp_path: Path) -> None:
    """Whom a proxy speaks for is not on this machine, so it would need a token."""
    with served(tmp_path, access=Access(hosts=HOSTS), client={"client": ("203.0.113.9", 1)}) as service:
        assert service.get("/state").status_code == 401


def test_too_many_requests_are_refused_and_a_stop_never_is(tmp_path: Path) -> None:
    """429 with the time to wait; the stop and looking while stopped are no matter of rates."""
    with served(tmp_path, rules={"requests_per_s": 1, "commands_per_s": 1}) as service:
        moves = [service.post("/move", {"x": 0.0, "y": 0.0, "z": 1.0}).status_code for _ in range(4)]
        assert 429 in moves
        answers = [service.get("/state") for _ in range(40)]
        refusal = next(answer for answer in answers if answer.status_code == 429)
        assert (refusal.json()["rule"], refusal.headers["retry-after"]) == ("rate", "1")
        assert all(service.post("/emergency").status_code == 200 for _ in range(50))


@pytest.mark.parametrize("path", ["/", "/state", "/nothing", "/login"])
def test_every_answer_tells_the_browser_what_not_to_do(open_service: Served, path: str) -> None:
    """No sniffing, no framing by others, no foreign scripts, no referrer, no cache."""
    headers = open_service.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe-eval" not in policy


def test_only_the_arena_may_start_workers(open_service: Served) -> None:
    """The page of the 3D library needs more, and is framed for that."""
    policy = open_service.get("/cockpit/arena/").headers["content-security-policy"]
    assert "worker-src 'self' blob:" in policy
    assert "frame-ancestors 'self'" in policy


@pytest.mark.anyio
async def test_a_body_that_comes_in_drops_is_late_all_the_same() -> None:
    """The time is that of the whole body: no piece begins it anew."""
    pieces = iter(range(100))

    async def receive() -> Message:
        await anyio.sleep(0.02)  # a client that is slow, and never silent for long
        return {"type": "http.request", "body": b"x", "more_body": next(pieces) < 50}

    async def read() -> None:
        body = _LimitedBody(receive, 1000, 0.1)
        while (await body.receive())["more_body"]:
            pass

    with pytest.raises(HTTPException) as refusal:
        await read()
    assert refusal.value.status_code == 408
