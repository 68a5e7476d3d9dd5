// The view in the middle: the map, the arena in three dimensions, or the camera. The map is there at all times.
import { byId, make } from "./dom.js";
import { get, post } from "./api.js";
import { mapInto, pickTarget } from "./map.js";
import { watchKeys } from "./stop.js";

const HINTS = { map: "Click the map to set a target.", arena: "Drag to turn, scroll to come nearer.", camera: "" };
const AGAIN_MS = 1000;
// The library's own panel and notes cover most of the arena at phone width, and what they offer is not passed on.
const PLAIN = ".mantine-Paper-root, .mantine-Notifications-root { display: none !important }";
let showing = "map";

export function start() {
  mapInto(byId("map-pane"), { onPick: pickTarget });
  for (const name of Object.keys(HINTS)) byId(`tab-${name}`).addEventListener("click", () => show(name));
  byId("tab-map").parentElement.addEventListener("keydown", (event) => {
    const names = Object.keys(HINTS);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    show(names[(names.indexOf(showing) + step + names.length) % names.length]);
    byId(`tab-${showing}`).focus();
  });
}

function show(name) {
  showing = name;
  for (const each of Object.keys(HINTS)) {
    byId(`${each}-pane`).hidden = each !== name;
    byId(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    byId(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  byId("view-hint").textContent = HINTS[name];
  if (name === "arena") openArena();
  if (name === "camera") look();
}

async function openArena() {
  const pane = byId("arena-pane");
  if (pane.querySelector("iframe")) return;
  const { theme } = document.documentElement.dataset;
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  const answer = await post("/cockpit/arena/open", { dark });
  if (!answer.ok) {
    pane.replaceChildren(make("p", { class: "says" }, answer.sentence));
    return;
  }
  const frame = make("iframe", { title: "The arena in three dimensions", src: "/cockpit/arena/", referrerpolicy: "no-referrer" });
  frame.addEventListener("load", () => {
    watchKeys(frame.contentWindow); // the space bar stops in there as well
    const style = frame.contentDocument.createElement("style");
    style.textContent = PLAIN;
    frame.contentDocument.head.append(style);
  });
  pane.replaceChildren(frame);
}

let seen = "overview";

function cameraPane(pane) {
  const image = make("img", { alt: "" });
  const words = make("p", { class: "says" }, "Looking …");
  const choice = make("select", { "aria-label": "Which camera", onchange: (event) => ((seen = event.target.value), look()) },
    ["overview", "above", "onboard"].map((each) => make("option", { value: each }, each)));
  image.hidden = choice.hidden = true;
  pane.append(image, make("div", { class: "row camera-foot" }, choice, words));
  return { image, words, choice };
}

let camera = null;
let looking = 0;

async function look() {
  camera ??= cameraPane(byId("camera-pane"));
  const turn = ++looking;
  const answer = await get(`/cockpit/camera?view=${seen}`);
  if (turn !== looking) return;
  const { words, picture, why } = answer.body ?? {};
  camera.image.hidden = camera.choice.hidden = !picture;
  if (picture) [camera.image.src, camera.image.alt] = [picture, words];
  camera.words.textContent = answer.ok ? [words, why].filter(Boolean).join(" ") : answer.sentence;
  setTimeout(() => turn === looking && showing === "camera" && !document.hidden && look(), AGAIN_MS);
}
