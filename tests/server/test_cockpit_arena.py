"""The arena: a library's page behind our own address, to look at and for nothing else."""

import gc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from llmos.server.cockpit.arena import Arena
from tests.support.service import Served, served

pytestmark = pytest.mark.system


@pytest.fixture
def service(tmp_path: Path, require_system: Callable[[str], None]) -> Iterator[Served]:
    """A service whose arena can be opened."""
    try:
        import viser  # noqa: F401
    except ImportError:
        require_system("viser")
    with served(tmp_path, scene="pick-and-place") as found:
        yield found


def listening() -> list[Any]:
    """Every server of the library that there is in this process."""
    import viser

    return [each for each in gc.get_objects() if type(each) is viser.ViserServer]  # asks no proxy


def test_the_page_comes_through_the_service_and_may_load_nothing_from_elsewhere(service: Served) -> None:
    """Its policy names our own origin and what the page holds in itself."""
    service.post("/cockpit/arena/open", {"dark": True})
    page = service.get("/cockpit/arena/")
    assert "<title>Viser</title>" in page.text
    policy = page.headers["content-security-policy"]
    assert "connect-src 'self' data: blob:;" in policy
    assert "http" not in policy


def test_an_arena_that_was_not_opened_is_a_sentence(service: Served) -> None:
    """The page of the cockpit opens it first."""
    assert service.get("/cockpit/arena/").json()["reason"] == "the arena has not been opened"


def test_two_pages_that_open_it_at_once_look_at_the_same(service: Served) -> None:
    """One library's server, which is drawn; a second would listen for ever, and the first page see an empty scene."""
    before = {id(server) for server in listening()}
    arena = Arena(service.service)

    async def at_once() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(partial(arena.open, dark=False))

    service.client.portal.call(at_once)
    assert len([server for server in listening() if id(server) not in before]) == 1
    arena.close()


@pytest.mark.parametrize("path", ["%00", "%1b", "a%7fb"])
def test_a_path_that_is_no_address_is_not_found(service: Served, path: str) -> None:
    """404 from us; the library is not asked."""
    service.post("/cockpit/arena/open")
    answer = service.get(f"/cockpit/arena/{path}")
    assert (answer.status_code, answer.json()["rule"]) == (404, "not-found")


def test_nothing_that_a_page_sends_reaches_the_library(service: Served) -> None:
    """Its page could ask for a public tunnel; what it says is dropped, and the scene goes on coming."""
    import viser

    service.post("/cockpit/arena/open")
    protocol = f"viser-v{viser.__version__}"
    with service.client.websocket_connect("/cockpit/arena", subprotocols=[protocol]) as socket:
        assert socket.accepted_subprotocol == protocol
        assert socket.receive_bytes()
        socket.send_bytes(b"not even a message")
        service.post("/cockpit/perform", {"verb": "move_to", "args": {"x": -0.5, "y": 0.0, "z": 1.0}})
        assert socket.receive_bytes()


def test_the_library_opens_no_tunnel_even_when_it_is_asked_to(service: Served) -> None:
    """Other programs of this computer reach its port; none of them can publish it."""
    service.post("/cockpit/arena/open")
    servers = listening()
    assert [server.request_share_url() for server in servers] == [None] * len(servers)
    assert servers[0].get_host() == "127.0.0.1"
