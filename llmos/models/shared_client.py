"""One HTTP client for all models of a process that speak to the same place with the same key; knows no provider.

A client's connections belong to the event loop that opened them, so there is one per event loop; the last user closes
it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from anyio.lowlevel import RunVar


class Closable(Protocol):
    """What the vendors' clients have in common."""

    async def close(self) -> None:
        """Give the connections back."""
        ...


C = TypeVar("C", bound=Closable)


@dataclass(slots=True)
class _Shared(Generic[C]):
    client: C
    users: set[object] = field(default_factory=set)


class SharedClients(Generic[C]):
    """Clients by key, made when first asked for."""

    def __init__(self, name: str) -> None:
        self._table: RunVar[dict[object, _Shared[C]]] = RunVar(name)

    def take(self, key: object, user: object, make: Callable[[], C]) -> C:
        """The client of this key; `user` holds it until it gives it back."""
        table = self._open_table()
        shared = table.get(key)
        if shared is None:
            shared = table[key] = _Shared(make())
        shared.users.add(user)
        return shared.client

    async def give_back(self, key: object, user: object) -> None:
        """Release the client; harmless when it is not held."""
        table = self._open_table()
        shared = table.get(key)
        if shared is None or user not in shared.users:
            return
        shared.users.discard(user)
        if not shared.users:
            del table[key]
            await shared.client.close()

    def _open_table(self) -> dict[object, _Shared[C]]:
        table = self._table.get(None)
        if table is None:
            table = {}
            self._table.set(table)
        return table
