"""The cockpit in a real browser: what a person presses, and what the robot then does, by measurement."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from llmos.clock import SimulatedClock
from llmos.messages import Reply, Text, ToolResult, Usage
from llmos.robots.latch import StopLatch
from llmos.traces.events import ModelReplied, MotionMeasured, ToolReturned
from tests.support.cockpit import CHROMIUM, SIZES, Cockpit, chromium, cockpit, slow_down
from tests.support.homes import make_place
from tests.support.journals import finished, started, write_run
from tests.support.serving import serving
from tests.support.tapes import calls, says

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

KEPT = Path(os.environ.get("LLMOS_ARTEFACTS", Path(__file__).parents[2] / "build")) / "cockpit"
MINUS = "\N{MINUS SIGN}"
SLOW_MPS = 0.06
SLOWLY = pytest.mark.parametrize("speed", [SLOW_MPS])
"""However long a busy machine takes to press, the motion goes on for longer."""
FAR = {"x": -1.5, "y": 1.5, "z": 2.0}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, once for all tests."""
    if not CHROMIUM.exists():
        if os.environ.get("LLMOS_REQUIRE_SYSTEM") == "1":
            pytest.fail("chromium is missing although LLMOS_REQUIRE_SYSTEM=1 demands it")
        pytest.skip("chromium is not installed")
    with chromium() as opened:
        yield opened


@pytest.fixture
def scene() -> str:
    """The scene of the demonstration."""
    return "pick-and-place"


@pytest.fixture
def speed() -> float | None:
    """As fast as the shipped profile lets the arm be."""
    return None


@pytest.fixture
def here(tmp_path: Path, scene: str, speed: float | None) -> Iterator[Cockpit]:
    """A cockpit over an arm in a scene; its model knows one answer."""
    with cockpit(tmp_path, calls("move_relative", dx=0.3), says("Moved."), scene=scene, speed_mps=speed) as running:
        yield running


@pytest.fixture
def visit(browser: Any, here: Cockpit) -> Iterator[Callable[..., Any]]:
    """Opens the page and waits until it is linked; a page that fails or complains fails its test."""
    contexts, wrong = [], []

    def opened(size: str = "desktop", scheme: str = "dark", hash_: str = "") -> Any:
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=size == "phone"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.extend(_foreign(request.url, here.address)))
        page.goto(f"{here.url}{hash_}")
        page.locator('#status:not([data-level="wait"])').wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def _foreign(url: str, address: str) -> list[str]:
    ours = (address, address.replace("http", "ws"), "data:", "blob:")
    return [] if url.startswith(ours) else [f"asked for {url}"]


def status(page: Any, word: str) -> None:
    """Wait until the status says this word."""
    page.locator("#status-word").filter(has_text=word).wait_for()


def aim(page: Any, **target: float) -> None:
    """Type a target."""
    for axis, value in target.items():
        page.get_by_label(f"Target {axis.upper()} m").fill(str(value))


def depart(page: Any) -> None:
    """Begin a long move and wait until the robot is measured to be under way."""
    aim(page, **FAR)
    page.get_by_role("button", name="Move there").click()
    reading(page, rf"{MINUS}[01]\.(0[2-9]|[1-9])")


def reading(page: Any, pattern: str) -> None:
    """Wait until the instrument of x reads so; its minus is a true one."""
    page.locator("#reading-x").filter(has_text=re.compile(pattern)).wait_for()


def measured_x(here: Cockpit) -> float:
    """Where the robot is, by the service."""
    return here.service.snapshot().measured.pose.x


def hold(page: Any) -> None:
    """Press and hold the button that rearms, until something says that it did."""
    box = page.locator("#stop").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.locator("#banner-word").filter(has_text="Rearmed").wait_for()
    page.mouse.up()


def test_the_page_loads_offline_and_says_how_the_robot_is(visit: Callable[..., Any]) -> None:
    """Every request goes to the service itself, and the status is a word beside a colour."""
    page = visit()
    assert page.locator("#status-word").inner_text() in {"Ready", "Near a zone"}
    assert page.locator("svg.overhead .robot-body").is_visible()
    assert "operator station" in page.locator("#clearances").inner_text()


def test_a_command_in_plain_words_moves_the_robot(visit: Callable[..., Any], here: Cockpit) -> None:
    """The transcript shows goal, decision, verdict, measurement and outcome, and the robot is where it says."""
    page = visit()
    page.get_by_label("Command in plain English").fill("Move 30 cm to the right")
    page.keyboard.press("Enter")
    page.locator('#talk .beat[data-kind="outcome"]').wait_for()
    told = [
        page.locator(f'#talk .beat[data-kind="{kind}"]').count() for kind in ("goal", "decision", "verdict", "motion")
    ]
    assert all(told)
    page.locator("#spent").filter(has_text="This session: 1 run, ").wait_for()
    assert "done" in page.locator('#talk .beat[data-kind="outcome"]').inner_text()
    assert measured_x(here) == pytest.approx(0.3, abs=0.01)


def test_a_target_is_shown_with_its_verdict_before_anything_moves(visit: Callable[..., Any], here: Cockpit) -> None:
    """The ghost stands on the map, the sentence says how long it would take, and the robot has not moved."""
    page = visit()
    aim(page, x=-1.0, y=0.5, z=1.2)
    page.locator("#ruling .mark").filter(has_text="Allowed").wait_for()
    page.locator("svg.overhead .ghost-end").wait_for()
    assert measured_x(here) == pytest.approx(0.0, abs=0.01)


def test_a_refused_command_shows_its_reason(visit: Callable[..., Any], here: Cockpit) -> None:
    """Both the preview and the command itself say why not, in the gate's words."""
    page = visit()
    aim(page, x=5.0, y=0.0, z=1.0)
    reason = "X position 5.00m outside workspace [-2, 2]"
    page.locator("#ruling").filter(has_text=reason).wait_for()
    page.get_by_role("button", name="Move there").click()
    page.locator("#actions li").filter(has_text=reason).wait_for()
    assert measured_x(here) == pytest.approx(0.0, abs=0.01)


@SLOWLY
def test_stop_by_click_during_motion(visit: Callable[..., Any], here: Cockpit) -> None:
    """One press stops the robot on its way, and the latch is shown with its reason."""
    page = visit()
    depart(page)
    page.locator("#stop").click()
    status(page, "Stopped")
    page.get_by_text("Software stop is latched:").wait_for()
    assert here.service.snapshot().stop is not None
    assert measured_x(here) > FAR["x"] + 0.1
    page.locator("#actions li").filter(has_text="move_to").filter(has_text="not reached").wait_for()
    assert page.locator("#actions li").filter(has_text="reached").count() == 1


def test_stop_works_while_the_service_does_nothing_at_all(browser: Any, tmp_path: Path) -> None:
    """Its process is frozen in the midst of a motion; the press is answered by its front, and the page says so."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    place = make_place(tmp_path)
    slow_down(place, SLOW_MPS)
    with serving(place) as service:
        page.goto(f"{service.url}/cockpit")
        page.locator('#status:not([data-level="wait"])').wait_for()
        depart(page)
        with service.frozen():
            with page.expect_response("**/emergency") as answered:
                page.locator("#stop").click()
            assert answered.value.ok
            status(page, "Stopped")
            assert StopLatch(service.place.home / "robots" / "arm.json").stop is not None
        context.close()


@SLOWLY
def test_stop_by_the_space_bar_during_motion(visit: Callable[..., Any], here: Cockpit) -> None:
    """The space bar needs no focus; not even a button that has it gets in the way."""
    page = visit()
    depart(page)
    page.get_by_role("button", name="Clear").focus()
    page.keyboard.press("Space")
    status(page, "Stopped")
    assert measured_x(here) > FAR["x"] + 0.1


def test_the_space_bar_types_in_a_text_field_and_stops_after_escape(visit: Callable[..., Any], here: Cockpit) -> None:
    """Who writes a command is not interrupted; Escape leaves the field, and from then on the space bar stops."""
    page = visit()
    box = page.get_by_label("Command in plain English")
    box.click()
    page.keyboard.type("go home")
    assert box.input_value() == "go home"
    assert here.service.snapshot().stop is None
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    status(page, "Stopped")


@SLOWLY
@pytest.mark.parametrize("scene", ["empty"])  # elsewhere home may be too near a zone for a robot that a stop made wary
def test_recovery_in_full(visit: Callable[..., Any], here: Cockpit) -> None:
    """Stop, a short press that does not rearm, a hold that does, home, and a move as before."""
    page = visit()
    depart(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    status(page, "Stopped")
    page.locator("#stop").click()
    assert here.service.snapshot().stop is not None
    hold(page)
    assert here.service.snapshot().stop is None
    page.get_by_role("button", name="Go home").click()
    page.locator("#ruling .mark").filter(has_text="Reached").wait_for()
    assert measured_x(here) == pytest.approx(0.0, abs=0.01)
    aim(page, x=-0.1, y=0.0, z=1.0)
    page.get_by_role("button", name="Move there").click()
    page.locator("#ruling .mark").filter(has_text="Reached").wait_for()
    assert measured_x(here) == pytest.approx(-0.1, abs=0.01)


@pytest.mark.parametrize("size", SIZES)
def test_nothing_ever_covers_stop(visit: Callable[..., Any], size: str) -> None:
    """On every page, scrolled to its end, with the banner open: what is at the button's place is the button."""
    page = visit(size)
    for name in ("drive", "agents", "skills", "volumes", "runs", "zones"):
        page.evaluate(f"location.hash = '/{name}'")
        page.locator(f"#{name}").wait_for()
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        assert _stop_is_on_top(page)
    page.keyboard.press("Space")
    page.locator("#banner").wait_for()
    assert _stop_is_on_top(page)
    assert page.locator("#stop").is_enabled()


def _stop_is_on_top(page: Any) -> bool:
    script = """() => {
      const { left, top, width, height } = document.getElementById('stop').getBoundingClientRect();
      const spots = [[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]];
      return spots.every(([x, y]) => document.elementFromPoint(left + x * width, top + y * height)?.closest('#stop'));
    }"""
    return bool(page.evaluate(script))


def test_everything_that_can_be_used_has_a_name(visit: Callable[..., Any]) -> None:
    """On every page, for those who hear the page instead of seeing it."""
    page = visit()
    script = """(id) => [...document.querySelectorAll(`header *, #${id} *`)]
      .filter((each) => each.matches('a, button, input, select, textarea, iframe, [role="log"], svg[role="img"]'))
      .filter((each) => !(each.getAttribute('aria-label') || each.title || each.labels?.[0]?.textContent.trim()
        || (each.matches('a, button') && each.textContent.trim())))
      .map((each) => each.outerHTML)"""
    for name in ("drive", "agents", "skills", "volumes", "runs", "zones"):
        page.evaluate(f"location.hash = '/{name}'")
        page.locator(f"#{name} .panel").first.wait_for()
        assert page.evaluate(script, name) == []


def test_moving_by_hand_ends_with_the_hold(visit: Callable[..., Any], here: Cockpit) -> None:
    """The robot moves for as long as the button is held, and stands still soon after it is let go."""
    page = visit()
    box = page.get_by_role("button", name="Left, hold to move").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    reading(page, rf"{MINUS}0\.[1-5]")
    page.mouse.up()
    status(page, "Ready")
    assert -1.9 < measured_x(here) < -0.1
    assert here.service.snapshot().moving is None


def test_what_is_shown_by_hand_becomes_a_run(visit: Callable[..., Any], here: Cockpit) -> None:
    """Kept points and the gripper are tool calls of a journal that the page of runs explains like any other."""
    page = visit()
    page.get_by_label("What you are about to show").fill("Wave")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Keep this point").click()
    page.locator(".teach .points li").first.wait_for()
    page.get_by_role("button", name="Finish").click()
    page.locator(".teach .saying a").click()
    page.locator('#runs .beat[data-kind="goal"]').filter(has_text="Wave").wait_for()
    assert page.locator('#runs .beat[data-kind="verdict"]').filter(has_text="move_to").count() == 1
    assert page.locator('#runs .beat[data-kind="motion"]').filter(has_text="reached").count() == 1
    page.get_by_role("button", name="What does each decision rest on?").click()
    page.locator("#runs .why .basis").filter(has_text="- {to: person, verbs:").wait_for()
    page.locator("#runs .savings").filter(has_text="No run has been replayed yet").wait_for()


def test_what_replays_did_not_spend_stands_above_the_runs(visit: Callable[..., Any], here: Cockpit) -> None:
    """Tokens, dollars and seconds, a loss with a minus, and below them how it was measured."""
    clock, reply = SimulatedClock(), Reply((Text("ready"),), "end", Usage(2900, 100), "m")
    home = here.place.home
    write_run(home, [started("r", "Go to 1"), ModelReplied.of(1, reply, 0.5, 1.0), finished(duration_s=4.0)], clock)
    clock.advance(1.0)
    write_run(home, [started("r", "Go to 2", mode="FOLLOWER"), finished(duration_s=5.5)], clock)
    page = visit(hash_="#/runs")
    figures = page.locator("#runs .savings .figures div")
    figures.first.wait_for()
    assert figures.all_inner_texts() == ["3,000\ntokens", "$0.5000\nas charged", f"{MINUS}1.5 s\non the wall"]
    page.locator("#runs .savings summary").click()
    assert "no estimate" in page.locator("#runs .savings details p").inner_text()
    assert page.locator("#runs .savings li .about").inner_text() == "operator, 1 replay, held against 1 run"


def test_a_halted_motion_is_told_once_and_as_what_it_was(visit: Callable[..., Any], here: Cockpit) -> None:
    """By the rule that halted it, without a distance to where it braked, and without the same sentence thrice."""
    clock = SimulatedClock()
    why = "The emergency stop is latched: a test"
    said = f"Halted. At (0.10, 0.00, 1.00). {why}"
    pose: dict[str, Any] = {"x": 0.1, "y": 0.0, "z": 1.0}
    stopped = MotionMeasured(
        command={"verb": "move_to"},
        commanded=pose,
        measured=pose,
        reached=False,
        halted="emergency-stop",
        duration_s=2.0,
    )
    answered = ToolReturned.of(ToolResult("1", (Text(said),), is_error=True), "move_to", 2.0, step=1)
    reply = ModelReplied.of(1, Reply((Text(said),), "end", Usage(9, 1), "m"), 0.5, 1.0)
    end = finished(outcome="refused", answer=said, reason=why)
    write_run(here.place.home, [started("r", "Go to 1"), stopped, answered, reply, end], clock)
    page = visit(hash_="#/runs")
    page.locator("#runs").get_by_text("Go to 1").first.click()
    page.locator('#runs .beat[data-kind="outcome"]').wait_for()
    motion = page.locator('#runs .beat[data-kind="motion"]').inner_text()
    assert "halted: emergency-stop" in motion
    assert " off" not in motion
    assert page.locator("#runs .beats").inner_text().count(why) == 1


def test_a_zone_makes_the_round_trip_to_the_profile_and_back(visit: Callable[..., Any], here: Cockpit) -> None:
    """A new zone becomes one commit in the person's volume, and is there when the page reads it again."""
    page = visit(hash_="#/zones")
    page.get_by_label("Name of a new zone").fill("Plant")
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Plant, radius m").fill("0.3")
    page.get_by_label("Why").fill("A plant stands there now")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url.removeprefix(here.url)}"))
    page.get_by_role("button", name="Save as one commit").click()
    page.locator("#zone-saying").filter(has_text="Saved as one commit in your volume").wait_for()
    page.locator("#clearances").filter(has_text="Plant").wait_for(state="attached")  # the live line tells it too
    page.evaluate("fetch('/cockpit/skills').then((answer) => answer.json())")
    assert asked == ["PUT /zones", "GET /skills"]  # and nothing is read anew, which would take the sentence away
    assert page.locator("#zone-saying").is_visible()
    page.reload()
    page.get_by_label("Zone", exact=True).select_option("Plant")
    assert page.get_by_label("Plant, radius m").input_value() == "0.3"
    profile = here.place.home / "user/robots/arm.md"
    assert "Plant" in profile.read_text("utf-8")
    newest = here.service.system.library.user.log(limit=1)[0]
    assert newest.subject == "A plant stands there now"


def test_a_zone_that_goes_waits_until_a_person_has_read_it(visit: Callable[..., Any], here: Cockpit) -> None:
    """The banner leads to the page, and the button counts only after the tick beside it."""
    page = visit(hash_="#/zones")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Save as one commit").click()
    page.get_by_text("A looser profile waits.").wait_for()
    assert "operator station" in here.service.snapshot().profile.zones
    allow = page.get_by_role("button", name="Rearm with this profile")
    assert allow.is_disabled()
    page.get_by_label("I have read what it allows").check()
    allow.click()
    page.get_by_text("A looser profile waits.").wait_for(state="hidden")
    assert "operator station" not in here.service.snapshot().profile.zones


def test_what_was_ticked_stands_when_the_save_is_answered_after_it(visit: Callable[..., Any], here: Cockpit) -> None:
    """The live line may tell of the looser profile before the save is answered: the tick made meanwhile is kept."""
    page = visit(hash_="#/zones")
    page.evaluate("""() => {
        const { fetch } = window, gate = new Promise((open) => (window.answerTheSave = open));
        window.fetch = async (path, how) => {
            const answer = await fetch(path, how);
            if (how?.method === "PUT") await gate;
            return answer;
        };
    }""")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Save as one commit").click()
    tick = page.get_by_label("I have read what it allows")
    tick.check()
    page.evaluate("window.answerTheSave()")
    page.locator("#zone-saying").wait_for()
    assert tick.is_checked()
    page.get_by_role("button", name="Rearm with this profile").click()
    page.get_by_text("A looser profile waits.").wait_for(state="hidden")
    assert "operator station" not in here.service.snapshot().profile.zones


def test_a_zone_over_home_is_refused_in_one_sentence(visit: Callable[..., Any], here: Cockpit) -> None:
    """What would trap the robot is never written."""
    page = visit(hash_="#/zones")
    page.get_by_label("Name of a new zone").fill("Trap")
    page.get_by_role("button", name="Add").click()
    for axis, value in zip("xyz", (0.0, 0.0, 1.0), strict=True):
        page.get_by_label(f"Trap, center {axis} m").fill(str(value))
    page.get_by_role("button", name="Save as one commit").click()
    said = page.locator("#zone-saying")
    said.wait_for()
    assert "home" in said.inner_text()
    assert not (here.place.home / "user/robots/arm.md").exists()


def test_the_arena_is_of_the_same_origin_and_the_space_bar_stops_inside_it(
    visit: Callable[..., Any], here: Cockpit, require_system: Callable[[str], None]
) -> None:
    """The 3D page comes through the service, and a focus inside it keeps nobody from stopping."""
    try:
        import viser  # noqa: F401
    except ImportError:
        require_system("viser")
    page = visit()
    page.get_by_role("tab", name="3D").click()
    frame = page.frame_locator("#arena-pane iframe")
    frame.locator("canvas").first.wait_for()
    panel = frame.locator(".mantine-Paper-root").first  # the library's own, which would cover most of a small arena
    panel.wait_for(state="attached")
    assert not panel.is_visible()
    assert _stop_is_on_top(page)
    frame.locator("body").evaluate("(body) => { body.tabIndex = 0; body.focus(); }")
    page.keyboard.press("Space")
    status(page, "Stopped")
    assert here.service.snapshot().stop is not None


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_and_is_kept_as_a_picture(visit: Callable[..., Any], size: str, scheme: str) -> None:
    """Nothing is wider than the screen, on any page; the pictures are kept for whoever wants to look."""
    page = visit(size, scheme)
    aim(page, x=1.0, y=0.8, z=0.9)
    page.locator("#ruling .mark").wait_for()
    KEPT.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=KEPT / f"{size}-{scheme}.png")
    for name in ("drive", "agents", "skills", "volumes", "runs", "zones"):
        page.evaluate(f"location.hash = '/{name}'")
        page.locator(f"#{name} .panel").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
