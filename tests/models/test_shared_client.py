"""Shared clients: one for all users of a key, one for each event loop, closed by the last user."""

import anyio
import pytest

from llmos.models.shared_client import SharedClients


class Client:
    """A client that counts how often it was closed."""

    def __init__(self) -> None:
        self.closed = 0

    async def close(self) -> None:
        """Count."""
        self.closed += 1


CLIENTS: SharedClients[Client] = SharedClients("clients of the tests")


@pytest.mark.anyio
async def test_the_last_user_closes_the_client() -> None:
    """Users of one key share a client; giving it back twice, or without holding it, changes nothing."""
    client = CLIENTS.take("key", "first", Client)
    assert CLIENTS.take("key", "second", Client) is CLIENTS.take("key", "first", Client) is client
    await CLIENTS.give_back("key", "first")
    await CLIENTS.give_back("key", "first")
    await CLIENTS.give_back("key", "stranger")
    assert client.closed == 0
    await CLIENTS.give_back("key", "second")
    await CLIENTS.give_back("key", "second")
    assert client.closed == 1
    assert CLIENTS.take("key", "first", Client) is not client


@pytest.mark.anyio
async def test_keys_do_not_share() -> None:
    """Another key or address is another client."""
    assert CLIENTS.take("key", "user", Client) is not CLIENTS.take("other", "user", Client)


def test_event_loops_do_not_share() -> None:
    """A connection that a closed loop opened is never used in the next one."""

    async def take() -> Client:
        return CLIENTS.take("key", "user", Client)

    assert anyio.run(take) is not anyio.run(take)
