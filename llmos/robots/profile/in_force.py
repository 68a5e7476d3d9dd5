"""Which limits count now: of a profile that changed, whatever is tighter at once, and what is looser after a rearm.

Knows no driver. The zones of a scene are added to those of the profile and are never part of what is accepted.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

import anyio
import anyio.to_thread

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.zone import Zone
from llmos.errors import DocumentError, RefusedError
from llmos.messages import JSON
from llmos.robots.judgement.zones import Fence
from llmos.robots.profile.accepted import AcceptedLimits
from llmos.robots.profile.limits import looser, tightest, with_zones
from llmos.robots.verdict import Refusal

News: TypeAlias = Callable[[], RobotProfile | DocumentError | None]
"""What became of a profile since it was asked last: a newer one, why the newer one cannot be read, or nothing."""


def nothing_new() -> None:
    """The profile never changes."""


class InForce:
    """`profile` holds the limits that count now, `version` grows with every change of them.

    `newest` is asked at every tick for a profile that changed; `accepted` remembers the limits across restarts.
    """

    def __init__(
        self,
        profile: RobotProfile,
        zones: Mapping[str, Zone],
        fence: Callable[[RobotProfile], Fence] = Fence,
        accepted: AcceptedLimits | None = None,
        newest: News = nothing_new,
    ) -> None:
        self._zones = zones
        self._make_fence = fence
        self._store = accepted
        self._ask = newest
        self._unread = ""
        self._writing = anyio.Lock()
        self.version = 0
        self.unsaved = False
        self.waiting: tuple[str, ...] = ()
        """The keys whose looser values wait."""
        self.problem = ""
        """Why the newest profile cannot be read; the limits that counted before go on to count."""
        self._newest = self._accepted = profile
        self._accept_first(profile)
        self.offer(profile)

    @property
    def pending(self) -> str | None:
        """The hash of a profile whose looser limits wait for a person."""
        return self._newest.document.content_hash if self.waiting or self._unread else None

    @property
    def undecided(self) -> Refusal | None:
        """Rule `limits`: why no limits can be trusted, if so."""
        if not self._unread:
            return None
        advice = f"a person must look at the robot's profile and rearm it naming {self.pending}"
        return Refusal("limits", f"The limits that were accepted last are not known: {self._unread}", advice)

    @property
    def notes(self) -> dict[str, JSON]:
        """What a person should know of the profile: which of its keys wait, or why it cannot be read."""
        notes: dict[str, JSON] = {"looser_keys_waiting": list(self.waiting)} if self.waiting else {}
        return {**notes, "profile_problem": self.problem} if self.problem else notes

    def poll(self) -> None:
        """Take up a profile that changed since."""
        news = self._ask()
        if isinstance(news, DocumentError):
            self.problem = str(news)
        elif news is not None:
            self.problem = ""
            self.offer(news)

    def offer(self, profile: RobotProfile) -> None:
        """A newer profile: what is tighter counts from now on, what is looser waits."""
        self._newest, self.waiting = profile, looser(self._accepted, profile)
        if not self._unread and not self.waiting:
            differs = self._accepted.document.content_hash != profile.document.content_hash
            self.unsaved = self._store is not None and (self.unsaved or differs)
            self._accepted = profile
        self._count(tightest(self._accepted, profile) if self.waiting else profile)

    async def accept(self, profile_hash: str) -> None:
        """A person lets the looser limits of the profile with this hash count; RefusedError for any other hash.

        What comes while this is being written was not looked at: it is offered again, beside what is accepted now.
        """
        if not profile_hash:
            return
        async with self._writing:
            accepted = self._newest
            now = accepted.document.content_hash
            if profile_hash != now:
                raise RefusedError(f"The robot's profile is not {profile_hash} but {now}; look at it again.")
            await self._write(accepted)
            self._accepted, self._unread, self.unsaved = accepted, "", False
            self.offer(self._newest)

    async def save(self) -> None:
        """Remember what counts; raises StorageError and tries again the next time."""
        async with self._writing:
            accepted = self._accepted
            await self._write(accepted)
            self.unsaved = self._accepted is not accepted

    async def _write(self, profile: RobotProfile) -> None:
        """Put it on disk in a thread; all else here is done on the event loop, between two ticks."""
        if self._store is not None:
            await anyio.to_thread.run_sync(self._store.write, profile)

    def _accept_first(self, profile: RobotProfile) -> None:
        """What a home has accepted before counts; a robot that is new to it is accepted as it is."""
        try:
            known = self._store.read(profile) if self._store is not None else None
        except RefusedError as error:
            self._unread = str(error)
            return
        self._accepted = known or profile
        self.unsaved = known is None and self._store is not None

    def _count(self, profile: RobotProfile) -> None:
        self.profile = replace(profile, zones=with_zones(profile.zones, self._zones))
        self.fence = self._make_fence(self.profile)
        self.version += 1
