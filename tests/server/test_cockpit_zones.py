"""The zone editor: exactly what was drawn is written, as one commit, and what would trap the robot is not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from llmos.clock import RealClock
from llmos.errors import RefusedError
from llmos.server.cockpit.zones import ZoneEditor
from llmos.settings import system_root
from llmos.volumes.home import init_home
from tests.support.homes import Place
from tests.support.service import Served, served_at

PLANT = {"shape": "cylinder", "center_m": [1.2, 1.2], "radius_m": 0.2, "z_m": [0.0, 1.0], "kind": "keepout"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    """A service in a home whose volumes are git repositories."""
    place = Place(tmp_path)
    init_home(place.home, system_root(), RealClock())
    place.workspace.mkdir()
    with served_at(place) as found:
        yield found


def read(service: Served) -> dict[str, Any]:
    """What the editor shows of the document on disk."""
    answer: dict[str, Any] = service.get("/cockpit/zones").json()
    return answer


def save(service: Served, zones: dict[str, Any], over: str = "", reason: str = "") -> Any:
    """What the editor sends."""
    body = {"zones": zones, "over": over or read(service)["hash"], "reason": reason}
    return service.client.put("/cockpit/zones", json=body)


def profile(service: Served) -> str:
    """The profile in the person's own volume."""
    return (service.place.home / "user/robots/arm.md").read_text("utf-8")


def test_the_first_edit_copies_the_profile_and_changes_nothing_but_zones(service: Served) -> None:
    """Every other line of the shipped profile is in the copy, byte for byte, and the change is one commit."""
    shipped = Path(read(service)["path"]).read_text("utf-8")
    answer = save(service, {**read(service)["zones"], "plant": PLANT}, reason="A plant stands there now")
    assert answer.status_code == 200
    assert answer.json()["sentence"].startswith("Saved as one commit in your volume")
    new = profile(service)
    start = new.index("  plant:\n")
    end = new.index("grants:\n")
    assert new[:start] + new[end:] == shipped
    newest = service.service.system.library.user.log(limit=1)[0]
    assert newest.subject == "A plant stands there now"
    assert "Edited-with: cockpit" in newest.body


def test_what_is_saved_is_what_is_read(service: Served) -> None:
    """Shapes change, zones go, and nothing of the old shape is left behind."""
    box = {"shape": "box", "min_m": [1.0, 1.0, 0.0], "max_m": [1.4, 1.4, 1.0], "kind": "human", "note": "A bench."}
    for zones in ({"plant": PLANT, "bench": box}, {"plant": {**box, "kind": "keepout"}}, {}):
        answer = save(service, zones)
        assert answer.json().get("reason") is None
        assert read(service)["zones"] == zones


def test_a_new_zone_counts_at_once_and_one_that_goes_waits_for_a_rearm_that_names_the_profile(service: Served) -> None:
    """Tighter at the next tick; looser by a person's word, and by a rearm without the name it stays."""
    both = {**read(service)["zones"], "plant": PLANT}
    assert save(service, both).json()["sentence"] == "Saved as one commit in your volume; the new zones are in force."
    assert "plant" in service.service.snapshot().profile.zones
    told = save(service, {"plant": PLANT}).json()
    digest = told["hash"].removeprefix("sha256:")[:12]
    assert told["waits"] is True
    assert told["sentence"] == (
        "Saved as one commit in your volume; what is tighter counts now, and what is looser waits "
        f"until a person rearms arm and names sha256:{digest}…."
    )
    for given, still in (({}, True), ({"profile_hash": told["hash"]}, False)):
        service.post("/cockpit/rearm", given)
        assert ("operator station" in service.service.snapshot().profile.zones) is still


def test_an_edit_of_a_profile_that_changed_meanwhile_is_refused(service: Served) -> None:
    """Two people who edit at once do not overwrite each other."""
    before = read(service)["hash"]
    save(service, {"plant": PLANT})
    answer = save(service, {}, over=before)
    assert answer.status_code == 409
    assert answer.json()["reason"] == "the profile has changed since this page read it"
    assert read(service)["zones"] == {"plant": PLANT}


class Drawn(dict[str, Any]):
    """Zones whose writer waits, once the document has been read, until another has read it too, or cannot."""

    def __init__(self, zones: dict[str, Any], meeting: Barrier) -> None:
        super().__init__(zones)
        self._meeting = meeting

    def get(self, key: str, default: Any = None) -> Any:
        with suppress(BrokenBarrierError):
            self._meeting.wait(0.3)
        return super().get(key, default)


def test_of_two_saves_at_once_one_is_refused(service: Served) -> None:
    """Both drew over the same document: the second may not take the first one's zone away unseen."""
    editor, shown, meeting = ZoneEditor(service.service), read(service), Barrier(2)
    measured = service.service.snapshot().measured

    def draw(name: str) -> str:
        try:
            editor.write(Drawn({**shown["zones"], name: PLANT}, meeting), shown["hash"], "", measured)
        except RefusedError as error:
            return str(error)
        return "saved"

    with ThreadPoolExecutor(2) as threads:
        said = sorted(threads.map(draw, ("one", "two")))
    refusal = "the profile has changed since this page read it; undo the changes, and draw them anew"
    assert said == ["saved", refusal]
    assert len({"one", "two"} & set(read(service)["zones"])) == 1


def test_a_zone_over_the_robot_is_refused_and_not_written(service: Served) -> None:
    """The sentence says where the robot is and how deep it would stand."""
    service.post("/cockpit/perform", {"verb": "move_to", "args": {"x": -1.0, "y": 1.0, "z": 1.5}})
    answer = save(service, {"trap": {"shape": "sphere", "center_m": [-1.0, 1.0, 1.5], "radius_m": 0.4}})
    assert answer.status_code == 409
    said = answer.json()
    assert said["reason"].startswith("the robot at (-1.00, 1.00, 1.50) would stand 0.4")
    assert said["reason"].endswith("inside the zone 'trap'")
    assert said["suggestion"] == "move the robot away first, or draw the zone elsewhere"
    assert not (service.place.home / "user/robots/arm.md").exists()


@pytest.mark.parametrize(
    "zone",
    [
        {"shape": "sphere", "center_m": [0.0, 0.0, 1.0], "radius_m": 0.5},
        {"shape": "sphere", "center_m": [1.0, 1.0, 1.0], "radius_m": -1.0},
        {"shape": "pyramid"},
        {"shape": "box", "min_m": [1.0, 1.0, 1.0], "max_m": [0.5, 1.4, 1.4]},
        {"shape": "sphere", "center_m": [1.0, "north", 1.0], "radius_m": 0.2},
    ],
)
def test_a_profile_that_contradicts_itself_is_a_sentence_and_not_written(service: Served, zone: dict[str, Any]) -> None:
    """The same checks as for a profile that was written by hand."""
    answer = save(service, {"odd": zone})
    assert answer.status_code == 422
    assert answer.json()["reason"]
    assert not (service.place.home / "user/robots/arm.md").exists()
