"""How the service says no: one JSON shape, one status for each kind of refusal, a sentence and never a traceback.

Knows no endpoint.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from llmos.errors import LLMosError, LowBatteryError, ModelError, RefusedError, StorageError
from llmos.messages import JSON
from llmos.robots.base import RobotError
from llmos.robots.judgement.asked import shown
from llmos.robots.verdict import Refusal
from llmos.server.arbiter import BusyError
from llmos.server.encoding import to_json
from llmos.server.shapes import Refused

_BAD_INPUT: Final = frozenset({"well-formed", "known-verb", "arguments"})
_STATUS: Final[Mapping[type[LLMosError], int]] = {
    RefusedError: 409,
    LowBatteryError: 402,
    StorageError: 507,
    RobotError: 503,
    ModelError: 503,
}
_RULE: Final[Mapping[int, str]] = {402: "budget", 409: "policy", 422: "well-formed", 503: "unreachable", 507: "storage"}
_PLAIN: Final[Mapping[int, tuple[str, str, str]]] = {
    404: ("not-found", "There is nothing at this address", "GET / lists what there is"),
    405: ("method", "This address does not take this method", "GET / lists what there is"),
    400: ("well-formed", "The body cannot be read as JSON", "send one JSON object"),
    408: ("time", "The body did not come in time", "send it at once"),
    413: ("size", "The body is too long", "send less; kernel/service.md says how much"),
}
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Refused, "description": "The gate, or whoever has the robot, says no"},
    413: {"model": Refused, "description": "The body is too long"},
    415: {"model": Refused, "description": "The body is no JSON"},
    422: {"model": Refused, "description": "The body does not say what is needed"},
    429: {"model": Refused, "description": "Too many requests"},
    503: {"model": Refused, "description": "The robot or the model cannot be reached"},
}
"""What any of the endpoints that do something may answer instead, for the OpenAPI document."""


class JSONAnswer(Response):
    """JSON; a number that JSON does not have becomes null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:  # noqa: ANN401 - Starlette's own
        """The content as bytes."""
        return to_json(content)


def refusal_body(refusal: Refusal, more: Mapping[str, JSON] | None = None) -> dict[str, JSON]:
    """The body of every refusal; `more` are facts that go with it."""
    return {
        "success": False,
        "reason": refusal.reason,
        "rule": refusal.rule,
        "suggestion": refusal.suggestion,
        **(more or {}),
    }


def refuse(status: int, rule: str, reason: str, suggestion: str, **more: JSON) -> JSONAnswer:
    """A refusal as an answer."""
    return JSONAnswer(refusal_body(Refusal(rule, reason, suggestion), more), status)


def refused(refusal: Refusal, **more: JSON) -> JSONAnswer:
    """The gate's refusal as an answer: 422 where the command itself is wrong, else 409."""
    return JSONAnswer(refusal_body(refusal, more), 422 if refusal.rule in _BAD_INPUT else 409)


def refusal_of(error: LLMosError) -> Refusal:
    """What a sentence of the house means here, for whoever has no status to read, as on a WebSocket."""
    return _sentence(_RULE[_status_of(error)], error)


def failed(error: LLMosError, **more: JSON) -> JSONAnswer:
    """What a sentence of the house means here."""
    return JSONAnswer(refusal_body(refusal_of(error), more), _status_of(error))


def not_found(error: LLMosError) -> JSONAnswer:
    """What was asked for is not there, in a sentence of the house."""
    return JSONAnswer(refusal_body(_sentence("not-found", error)), 404)


def _sentence(rule: str, error: LLMosError) -> Refusal:
    reason, _, suggestion = str(error).partition("; ")
    return Refusal(rule, reason, suggestion)


def _status_of(error: LLMosError) -> int:
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 422)


def broken() -> JSONAnswer:
    """What whoever asked hears of a bug of ours; the log has the rest."""
    return refuse(500, "bug", "LLMos itself failed; its log says more", "report this, it is a bug")


def answer_errors(app: FastAPI) -> None:
    """Let the app answer each kind of error in this shape."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(LLMosError, _ours)
    app.add_exception_handler(BusyError, _busy)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _bug)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0] if error.errors() else {"loc": (), "msg": "is wrong", "input": None, "type": ""}
    return refuse(422, "well-formed", *_about(first))


def _about(problem: Mapping[str, Any]) -> tuple[str, str]:
    """Which field is wrong and why, and what is wanted; never more than a few words of what was sent."""
    loc: Sequence[Any] = problem["loc"]
    name = ".".join(str(part)[:40] for part in loc[1:]) or "the body"
    kind, wanted = str(problem["type"]), _wanted(problem)
    if kind == "missing":
        return f"{name} is missing", wanted
    if kind == "extra_forbidden":
        return f"There is no field {name}", "leave it out; /openapi.json lists the fields"
    if kind == "json_invalid":
        return "The body is not JSON", "send one JSON object"
    return f"{name} is {shown(problem.get('input'))}", wanted


def _wanted(problem: Mapping[str, Any]) -> str:
    if problem["type"] in ("model_attributes_type", "model_type"):
        return "send one JSON object"
    message = str(problem["msg"])
    return f"{message[:1].lower()}{message[1:200]}".replace("input should be", "it must be").rstrip(".")


async def _plain(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = 422 if error.status_code == 400 else error.status_code
    rule, reason, suggestion = _PLAIN.get(error.status_code, ("refused", str(error.detail)[:300], ""))
    answer = refuse(status, rule, reason, suggestion)
    answer.headers.update(error.headers or {})
    return answer


async def _ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, LLMosError)
    return failed(error)


async def _busy(_: Request, error: Exception) -> Response:
    assert isinstance(error, BusyError)
    return refused(error.refusal)


async def _gone(_: Request, error: Exception) -> Response:  # noqa: ARG001 - nobody hears of it
    return refuse(503, "ended", "It was ended before its end: the caller hung up, or the service ends", "ask again")


async def _bug(_: Request, error: Exception) -> Response:  # noqa: ARG001 - it goes to the log, not to whoever asked
    return broken()
