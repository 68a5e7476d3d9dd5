"""`python -m tests.support.pictures`: takes the pictures of docs/cockpit.md from a running cockpit.

The robot is simulated, the model is the shipped pocket model, and what the pictures show is what happened.
"""

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from tests.support.cockpit import SIZES, chromium, cockpit

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
GOAL = "Pick up the object at (1.5, 1.0, 0.5) and place it at (-1.0, -1.0, 0.7)"
_COLOURS = 256


def main() -> None:
    """All pictures, one after the other, from one robot."""
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        browser = opened.enter_context(chromium())
        here = opened.enter_context(cockpit(Path(folder), scene="pick-and-place", model="pocket"))
        for name, size, scheme, work in PICTURES:
            with _page(browser, here.url, size, scheme) as page:
                work(page)
                _keep(page.screenshot(), FOLDER / f"{name}.png")


@contextmanager
def _page(browser: Any, url: str, size: str, scheme: str) -> Iterator[Any]:
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(url)
    page.locator('#status:not([data-level="wait"])').wait_for()
    yield page
    context.close()


def _plan(page: Any) -> None:
    """The arena with the way to a target, before anything moves."""
    page.get_by_role("tab", name="3D").click()
    page.frame_locator("#arena-pane iframe").locator("canvas").first.wait_for()
    for axis, value in (("X", 1.2), ("Y", 0.9), ("Z", 0.5)):
        page.get_by_label(f"Target {axis} m").fill(str(value))
    page.locator("#ruling .mark").wait_for()
    notice = page.frame_locator("#arena-pane iframe").get_by_text("Software WebGL rendering detected")
    notice.wait_for()
    page.frame_locator("#arena-pane iframe").locator("button").first.click()
    notice.wait_for(state="detached")


def _work(page: Any) -> None:
    """A goal in plain English, in the midst of being reached."""
    page.get_by_label("Command in plain English").fill(GOAL)
    page.keyboard.press("Enter")
    page.locator("#talk .beat[data-kind='verdict']").nth(2).wait_for()
    page.locator("#reading-x").filter(has_text="0.4").wait_for()


def _stop(page: Any) -> None:
    """What a phone shows after a stop."""
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    page.get_by_text("Software stop is latched:").wait_for()


Work = Callable[[Any], None]
PICTURES: tuple[tuple[str, str, str, Work], ...] = (
    ("cockpit-arena", "desktop", "light", _plan),
    ("cockpit-desk", "desktop", "dark", _work),
    ("cockpit-phone", "phone", "light", _stop),
)


def _keep(picture: bytes, path: Path) -> None:
    """As a PNG of few colours, small enough to be read over a slow line."""
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
