"""A hand on the robot: which message of a held button begins a motion, and which does not."""

from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from starlette.websockets import WebSocketDisconnect

from llmos.robots.verdict import Refusal
from llmos.server.cockpit import driving
from llmos.server.cockpit.driving import _Holding
from llmos.server.cockpit.jog import Lease

pytestmark = pytest.mark.anyio
STOPPED = Refusal("emergency-stop", "The robot is stopped", "rearm it")
WAYS = {"x": '{"dx": 1}', "y": '{"dy": 1}', "-": "{}"}


class Page:
    """What happens, sign by sign, once all that went before has settled; every motion goes on until a sign ends it.

    `x` and `y` are messages of a held button, `-` of one that is let go. `!` refuses or stops the motion, `~` lets its
    lease run out, `.` lets it come to its whole end, `_` brings it to rest after its lease, `r` stops and rearms.
    """

    def __init__(self, script: str) -> None:
        self.state = SimpleNamespace(caller=SimpleNamespace(name="Ada"))
        self.begun = ""
        self.answers: list[dict[str, Any]] = []
        self._script = iter(script)
        self._lease = Lease(0.0)
        self._ended, self._rests, self._refusal = anyio.Event(), anyio.Event(), STOPPED
        self._rearms = 0

    def snapshot(self) -> Any:
        """The robot, as far as a hand asks."""
        return SimpleNamespace(profile=SimpleNamespace(lease_s=1000.0), rearms=self._rearms)

    async def jog(self, _service: object, _who: str, way: dict[str, float], lease: Lease) -> Refusal | None:
        """A motion that ends when the script says so."""
        self.begun += "".join(way)[1:]
        self._lease, self._ended, self._rests = lease, anyio.Event(), anyio.Event()
        with lease.scope:
            await self._ended.wait()
            return self._refusal
        with anyio.CancelScope(shield=True):
            await self._rests.wait()
        return None

    async def receive_text(self) -> str:
        """The next message."""
        for sign in self._script:
            await _settled()
            if sign in WAYS:
                return WAYS[sign]
            self._happen(sign)
        await _settled()
        self._rests.set()
        raise WebSocketDisconnect

    async def send_json(self, body: dict[str, Any]) -> None:
        """The end of a motion."""
        self.answers.append(body)

    def _happen(self, sign: str) -> None:
        if sign == "~":
            self._lease.scope.deadline = -1.0
        elif sign == "_":
            self._rests.set()
        elif sign == "r":
            self._rearms += 1
        else:
            self._refusal = STOPPED if sign == "!" else None
            self._ended.set()


async def _settled() -> None:
    """All that can go on has gone on: nothing here takes more turns than this."""
    for _ in range(20):
        await anyio.lowlevel.checkpoint()


@pytest.mark.parametrize(
    ("script", "begun"),
    [
        ("xxx", "x"),
        ("x!", "x"),
        ("x!xxx", "x"),
        ("x!xrx", "x"),
        ("x!rx", "x"),
        ("x!-x", "xx"),
        ("x!xrx-x", "xx"),
        ("x!-x!x-x", "xxx"),
        ("x!y", "xy"),
        ("x!yy-_x", "xyx"),
        ("x~x_x", "x"),
        ("x~_-x", "xx"),
        ("x~_y", "xy"),
        ("x-_", "x"),
        ("x-_x", "xx"),
        ("x-x_x", "xx"),
        ("x-xr_x", "x"),
        ("x-xr_x-x", "xx"),
        ("x-x-_x", "xx"),
        ("xyy_y", "xy"),
        ("xyx_x", "xx"),
        ("xy-_", "x"),
        ("x.x.x", "xxx"),
        ("x.-", "x"),
        ("x.rx", "x"),
        ("x.-rx", "xx"),
        ("-", ""),
        ("-rx", "x"),
    ],
)
async def test_what_ended_while_it_was_held_begins_only_when_it_is_pressed_anew(
    script: str, begun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a stop, a refusal or a lapsed lease: not by being held on, whoever rearms; a new press moves at once."""
    page: Any = Page(script)
    monkeypatch.setattr(driving, "jog", page.jog)
    with suppress(WebSocketDisconnect):
        await _Holding(page, page).serve()
    assert page.begun == begun
    assert len(page.answers) == len(begun)
