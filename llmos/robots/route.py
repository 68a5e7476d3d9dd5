"""The way of a point around obstacles: straight where that is free, else by their corners, else over a lattice.

Knows no robot and no pose. Deterministic, plain Python; metres. Corners first: obstacles are few and convex, so their
corners hold a nearly shortest way (Lozano-Perez and Wesley 1979); edges are tested only when the search wants them.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise, product
from typing import Final, TypeAlias, TypeVar

from llmos.documents.scene import Point

LATTICE: Final = 32
"""Points of the lattice along the longest side of the room, less one: the resolution at which a way is never missed."""

_MOST_EDGES = 1500
_ROUNDS = 4
_HALVINGS = 6
_SHORTER_M = 1e-3
_ROUNDING_M = 2e-6  # a clearance may be told a millionth smaller than it is
_Cell: TypeAlias = tuple[int, int, int]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something convex: `clearance(a, b)` is the least distance on the way from a to b, negative when it gets inside.

    It changes by at most a metre per metre. `low` and `high` are corners of a box that holds every point whose
    clearance is negative.
    """

    name: str
    low: Point
    high: Point
    clearance: Callable[[Point, Point], float]

    def gap(self, a: Point, b: Point) -> float:
        """A distance that the clearance is never below, for next to nothing; below zero it says nothing."""
        (ax, ay, az), (bx, by, bz) = a, b
        if ax > bx:
            ax, bx = bx, ax
        if ay > by:
            ay, by = by, ay
        if az > bz:
            az, bz = bz, az
        low, high = self.low, self.high
        return max(low[0] - bx, ax - high[0], low[1] - by, ay - high[1], low[2] - bz, az - high[2])

    def keeps(self, a: Point, b: Point, need_m: float) -> bool:
        """Whether the straight way keeps that clearance; most ways are decided by how near their middle comes."""
        gap_m = self.gap(a, b)
        if gap_m >= need_m and gap_m >= 0.0:
            return True
        middle = _between(a, b, 0.5)
        nearest_m = self.clearance(middle, middle)
        if nearest_m < need_m or nearest_m - math.dist(a, b) / 2 >= need_m:
            return nearest_m >= need_m
        return self.clearance(a, b) >= need_m


@dataclass(frozen=True, slots=True)
class Room:
    """A box to stay in, and what stands in it."""

    low: Point
    high: Point
    obstacles: tuple[Obstacle, ...]

    def holds(self, point: Point) -> bool:
        """Whether a point lies in the box."""
        return all(low <= value <= high for low, value, high in zip(self.low, point, self.high, strict=True))

    def inside(self, point: Point) -> Iterator[Obstacle]:
        """The obstacles that a point lies in."""
        return (each for each in self.obstacles if each.gap(point, point) < 0.0 > each.clearance(point, point))

    def is_free(self, a: Point, b: Point) -> bool:
        """Whether the straight way enters no obstacle."""
        return all(each.keeps(a, b, 0.0) for each in self.obstacles)


def find_route(
    room: Room, start: Point, target: Point, margin_m: float, *, thoroughly: bool = True
) -> tuple[Point, ...] | None:
    """A short way with few corners from start to target, both clear of everything; None when the lattice has none.

    Not `thoroughly`: None already when no way leads by corners, which is soon known.

    Every piece keeps `margin_m` from each obstacle, or the lesser clearance that start or target themselves have.
    """
    if room.is_free(start, target):
        return (start, target)
    search = _Search(room, start, target, margin_m)
    points = search.by_corners() or (search.by_lattice() if thoroughly else None)
    return None if points is None else tuple(search.pulled_tight(points))


class _Search:
    """One question; remembers how near to each obstacle its ends are."""

    def __init__(self, room: Room, start: Point, target: Point, margin_m: float) -> None:
        self._room = room
        self._start, self._target = start, target
        self._margin_m = margin_m
        self._needs = [[self._need(end, each) for each in room.obstacles] for end in (start, target)]
        self._every = range(len(room.obstacles))
        self._boxes = [(_moved(each.low, -margin_m), _moved(each.high, margin_m)) for each in room.obstacles]
        self._edges = 0

    def by_corners(self) -> list[Point] | None:
        """A way by the corners of what stands between, and of what stands in the way of those ways."""
        corners: dict[int, list[Point]] = {}
        met = set(self._blocking(self._start, self._target))
        while not met <= corners.keys() and self._edges < _MOST_EDGES:
            for index in sorted(met - corners.keys()):
                corners[index] = self._corners(self._room.obstacles[index])
            way = self._best([point for index in sorted(corners) for point in corners[index]], met)
            if way is not None:
                return way
        return None

    def by_lattice(self) -> list[Point] | None:
        """A way over the lattice, sought from both ends at once, so that an end that is shut in is soon known."""
        lattice = _Lattice(self._room, self._margin_m, self._is_clear)
        return lattice.way(self._start, self._target)

    def pulled_tight(self, points: Sequence[Point]) -> list[Point]:
        """The same way with as few and as flat corners as the obstacles allow."""
        way = self._shortcut(points)
        for _ in range(_ROUNDS):
            before_m = _length(way)
            for at in range(1, len(way) - 1):
                way[at] = self._pulled(way[at - 1], way[at], way[at + 1])
            way = self._shortcut(way)
            if before_m - _length(way) < _SHORTER_M:
                break
        return way

    def _need(self, end: Point, obstacle: Obstacle) -> float:
        """What is asked of a piece that begins or ends here."""
        if obstacle.gap(end, end) >= self._margin_m:
            return self._margin_m
        return max(0.0, min(self._margin_m, obstacle.clearance(end, end) - _ROUNDING_M))

    def _blocking(self, a: Point, b: Point, among: Iterable[int] | None = None) -> Iterator[int]:
        """Which obstacles the straight way comes too near; only `among` these, where no other can be meant."""
        ends = [needs for end, needs in zip((self._start, self._target), self._needs, strict=True) if end in (a, b)]
        for index in self._near((a, b), among):
            need_m = min(needs[index] for needs in ends) if ends else self._margin_m
            if not self._room.obstacles[index].keeps(a, b, need_m):
                yield index

    def _is_clear(self, a: Point, b: Point, among: Iterable[int] | None = None) -> bool:
        return next(self._blocking(a, b, among), None) is None

    def _near(self, points: Sequence[Point], among: Iterable[int] | None = None) -> Iterator[int]:
        """The obstacles that a straight way between any of these points, or points between them, may come near."""
        xs, ys, zs = zip(*points, strict=True)
        x, y, z, most_x, most_y, most_z = min(xs), min(ys), min(zs), max(xs), max(ys), max(zs)
        boxes = self._boxes
        for index in self._every if among is None else among:
            low, high = boxes[index]
            if (
                most_x > low[0] and x < high[0] and most_y > low[1] and y < high[1]
                and most_z > low[2] and z < high[2]
            ):  # fmt: skip
                yield index

    def _corners(self, obstacle: Obstacle) -> list[Point]:
        """Corners and middles of the sides of the box around it that can be stood on."""
        out_m = self._margin_m * 1.01 + 1e-6
        axes = [
            (low - out_m, (low + high) / 2, high + out_m) for low, high in zip(obstacle.low, obstacle.high, strict=True)
        ]
        points = [Point(*corner) for corner in product(*axes)]
        near = list(self._near(points))
        return [each for each in points if self._room.holds(each) and self._is_clear(each, each, near)]

    def _best(self, corners: list[Point], met: set[int]) -> list[Point] | None:
        """A* over the corners, each edge tested when it is taken; `met` collects what stood in the way."""
        points = [self._start, self._target, *dict.fromkeys(corners)]
        usual = [*sorted(met), *(index for index in self._every if index not in met)]  # what blocks much comes first
        came_from: dict[int, int] = {}
        order = count()
        heap = [(math.dist(self._start, self._target), next(order), 0.0, 0, 0)]
        while heap and self._edges < _MOST_EDGES:
            _, _, far_m, here, before = heapq.heappop(heap)
            if here in came_from:
                continue
            self._edges += 1
            blocking = next(self._blocking(points[before], points[here], usual), None) if here != before else None
            if blocking is not None:
                met.add(blocking)
                continue
            came_from[here] = before
            if here == 1:
                return [points[each] for each in _walked(came_from, 1)]
            for there, point in enumerate(points):
                if there not in came_from:
                    to_m = far_m + math.dist(points[here], point)
                    heapq.heappush(heap, (to_m + math.dist(point, self._target), next(order), to_m, there, here))
        return None

    def _shortcut(self, points: Sequence[Point]) -> list[Point]:
        """From each point straight to the furthest later one that can be seen."""
        way, at = [points[0]], 0
        while at < len(points) - 1:
            later = (each for each in range(len(points) - 1, at, -1) if each == at + 1 or self._sees(points, at, each))
            at = next(later)
            way.append(points[at])
        return way

    def _sees(self, points: Sequence[Point], at: int, later: int) -> bool:
        return self._is_clear(points[at], points[later])

    def _pulled(self, before: Point, corner: Point, after: Point) -> Point:
        """The corner moved towards the straight line between its neighbours, as far as both pieces stay clear."""
        foot, near = _foot(before, after, corner), list(self._near((before, corner, after)))
        kept, step = corner, 1.0
        share = 0.0
        for _ in range(_HALVINGS):
            if share + step > 1.0:
                step /= 2
                continue
            tried = _between(corner, foot, share + step)
            if self._is_clear(before, tried, near) and self._is_clear(tried, after, near):
                kept, share = tried, share + step
            step /= 2
        return kept


class _Lattice:
    """Points at equal distances through the room, joined to their six neighbours where the way between is clear."""

    def __init__(self, room: Room, margin_m: float, is_clear: Callable[[Point, Point], bool]) -> None:
        self._room = room
        self._is_clear = is_clear
        sides = [high - low for low, high in zip(room.low, room.high, strict=True)]
        self._step_m = max(sides) / LATTICE
        self._counts = tuple(int(side / self._step_m + 1e-9) for side in sides)
        self._wide_m = margin_m + self._step_m

    def way(self, start: Point, target: Point) -> list[Point] | None:
        """A way from both ends to where they meet; not the shortest."""
        ends = (start, target)
        goals = [[(value - low) / self._step_m for value, low in zip(end, self._room.low, strict=True)] for end in ends]
        walked: tuple[dict[_Cell, _Cell], ...] = ({}, {})
        heaps = tuple([(0.0, cell, cell) for cell in self._doors(end)] for end in ends)
        side = 0
        while heaps[0] and heaps[1]:
            _, cell, before = heapq.heappop(heaps[side])
            if cell not in walked[side]:
                walked[side][cell] = before
                if cell in walked[1 - side]:
                    there, back = ([self._point(each) for each in _walked(came, cell)] for came in walked)
                    return [start, *there, *back[-2::-1], target]
                for near in self._neighbours(cell, walked[side]):
                    heapq.heappush(heaps[side], (math.dist(near, goals[1 - side]), near, cell))
            side = 1 - side
        return None

    def _point(self, cell: _Cell) -> Point:
        low, step_m = self._room.low, self._step_m
        return Point(low.x + cell[0] * step_m, low.y + cell[1] * step_m, low.z + cell[2] * step_m)

    def _holds(self, cell: _Cell) -> bool:
        (i, j, k), (most_i, most_j, most_k) = cell, self._counts
        return 0 <= i <= most_i and 0 <= j <= most_j and 0 <= k <= most_k

    def _doors(self, end: Point) -> Iterator[_Cell]:
        """The lattice points around an end that can be seen from it."""
        axes = [
            range(math.floor((value - low) / self._step_m), math.floor((value - low) / self._step_m) + 2)
            for low, value in zip(self._room.low, end, strict=True)
        ]
        for i, j, k in product(*axes):
            if self._holds((i, j, k)) and self._is_clear(end, self._point((i, j, k))):
                yield (i, j, k)

    def _neighbours(self, cell: _Cell, walked: dict[_Cell, _Cell]) -> Iterator[_Cell]:
        here, wide_m = self._point(cell), self._wide_m
        is_open = True
        for each in self._room.obstacles:
            if each.gap(here, here) < wide_m and each.clearance(here, here) < wide_m:
                is_open = False
                break
        i, j, k = cell
        for near in ((i + 1, j, k), (i - 1, j, k), (i, j + 1, k), (i, j - 1, k), (i, j, k + 1), (i, j, k - 1)):
            if near not in walked and self._holds(near) and (is_open or self._is_clear(here, self._point(near))):
                yield near


def _walked(came_from: dict[_T, _T], last: _T) -> list[_T]:
    """Back from the last to the one that came from itself, told forwards."""
    way = [last]
    while came_from[way[-1]] != way[-1]:
        way.append(came_from[way[-1]])
    return way[::-1]


def _length(points: Sequence[Point]) -> float:
    return sum(math.dist(a, b) for a, b in pairwise(points))


def _moved(point: Point, by_m: float) -> Point:
    return Point(point.x + by_m, point.y + by_m, point.z + by_m)


def _between(a: Point, b: Point, share: float) -> Point:
    return Point(*(x + share * (y - x) for x, y in zip(a, b, strict=True)))


def _foot(a: Point, b: Point, point: Point) -> Point:
    """The point of the line from a to b that is nearest."""
    along = [y - x for x, y in zip(a, b, strict=True)]
    squared = sum(each * each for each in along)
    if squared == 0.0:
        return a
    share = sum((p - x) * each for p, x, each in zip(point, a, along, strict=True)) / squared
    return _between(a, b, min(1.0, max(0.0, share)))
