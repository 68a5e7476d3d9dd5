// The workspace from above: zones, places, objects, the way behind and the way that is planned; heights stand beside it.
import { draw, number, setText } from "./dom.js";
import { cm, down, fromAbove, heights, nameAt, slice } from "./shapes.js";
import { known, on, tell } from "./store.js";

const TRAIL = 240;
const MARGIN = 22;
let maps = 0;

export function mapInto(pane, { onPick } = {}) {
  const map = new OverheadMap(pane, onPick);
  on("setup", (setup) => map.build(setup));
  on("state", (state) => map.show(state));
  on("ghost", (ghost) => map.ghost(ghost));
  return map;
}

class OverheadMap {
  constructor(pane, onPick) {
    this.pane = pane;
    this.onPick = onPick;
    this.trail = [];
  }

  build(setup) {
    this.setup = setup;
    const { x, y } = setup.workspace;
    const box = [cm(x[0]) - MARGIN, down(y[1]) - MARGIN, cm(x[1] - x[0]) + 2 * MARGIN, cm(y[1] - y[0]) + 2 * MARGIN];
    const id = `hatch-${(maps += 1)}`; // a pattern of a map that is hidden draws nothing
    this.moving = { slices: draw("g"), objects: draw("g"), trail: draw("polyline", { class: "trail" }), ghost: draw("g"), robot: draw("g") };
    const fixed = draw("g", {}, hatch(id), floor(setup), ...Object.entries(setup.zones).map(([name, zone]) => zoneOf(name, zone)), marks(setup));
    this.svg = draw("svg", { class: "overhead", viewBox: box.join(" "), role: "img", "aria-label": "Workspace from above" }, fixed, this.moving.slices, names(setup), this.moving.trail, this.moving.ghost, this.moving.objects, this.moving.robot);
    this.svg.style.setProperty("--hatch", `url(#${id})`);
    this.strip = new Heights(setup);
    this.pane.replaceChildren(this.svg, this.strip.svg);
    if (this.onPick) this.svg.addEventListener("click", (event) => this.pick(event));
    this.robot = robotOf(setup);
    this.moving.robot.append(this.robot.group);
    if (known.state) this.show(known.state);
    if (known.ghost) this.ghost(known.ghost);
  }

  pick(event) {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    const clamp = (value, [low, high]) => Math.min(Math.max(Math.round(value * 100) / 100, low), high);
    this.onPick(clamp(at.x / 100, this.setup.workspace.x), clamp(-at.y / 100, this.setup.workspace.y));
  }

  show(state) {
    if (!this.setup) return;
    const { pose } = state;
    this.robot.group.setAttribute("transform", `translate(${cm(pose.x)} ${down(pose.y)}) rotate(${-pose.theta_deg})`);
    this.robot.body.classList.toggle("closed", state.gripper_closed);
    this.showTrail(pose);
    this.showObjects(state);
    this.showSlices(pose.z);
    this.strip.show(state);
    const label = `Workspace from above: robot at x ${number(pose.x, 1)}, y ${number(pose.y, 1)}, z ${number(pose.z, 1)} metres`;
    if (this.svg.getAttribute("aria-label") !== label) this.svg.setAttribute("aria-label", label);
  }

  showTrail(pose) {
    const last = this.trail.at(-1);
    if (last && Math.hypot(last[0] - pose.x, last[1] - pose.y) < 0.01) return;
    this.trail.push([pose.x, pose.y]);
    if (this.trail.length > TRAIL) this.trail.shift();
    this.moving.trail.setAttribute("points", points(this.trail));
  }

  showObjects(state) {
    const key = JSON.stringify(state.objects);
    if (key === this.objectsKey) return;
    this.objectsKey = key;
    const edge = cm(this.setup.cube_edge_m);
    this.moving.objects.replaceChildren(
      ...Object.entries(state.objects).map(([name, [x, y]]) =>
        draw("g", {}, draw("rect", { class: "object", x: cm(x) - edge / 2, y: down(y) - edge / 2, width: edge, height: edge, rx: 1 }), draw("text", { class: "named", x: cm(x), y: down(y) - edge / 2 - 5, "text-anchor": "middle" }, name)),
      ),
    );
  }

  showSlices(z) {
    if (Math.abs(z - (this.slicedAt ?? Infinity)) < 0.01) return;
    this.slicedAt = z;
    const cut = Object.values(this.setup.zones).map((zone) => slice(zone, z, { class: `slice ${zone.kind ?? "keepout"}` }));
    this.moving.slices.replaceChildren(...cut.filter(Boolean));
  }

  ghost(ghost) {
    if (!this.setup) return;
    this.moving.ghost.replaceChildren();
    this.strip.ghost(ghost);
    if (!ghost?.path?.length) return;
    const refused = ghost.allowed ? "" : " refused";
    const [x, y] = ghost.path.at(-1);
    this.moving.ghost.append(
      draw("polyline", { class: `ghost${refused}`, points: points(ghost.path) }),
      draw("circle", { class: `ghost-end${refused}`, cx: cm(x), cy: down(y), r: 7 }),
    );
  }
}

// The strip of heights: the floor is at the bottom, and every zone is a span.
class Heights {
  constructor(setup) {
    [this.low, this.high] = setup.workspace.z;
    this.mark = draw("path", { class: "height-mark", d: "M34 0 l-13 -7 v14 z" });
    this.end = draw("path", { class: "height-ghost", d: "M34 0 l-11 -6 v12 z" });
    this.end.style.display = "none";
    this.text = draw("text", { class: "named", x: 38, y: 0, "dominant-baseline": "middle" });
    const zones = Object.entries(setup.zones).map(([name, zone], place) => this.span(name, zone, place));
    const ticks = Array.from({ length: Math.floor(this.high - this.low) + 1 }, (_, index) => this.tick(this.low + index));
    this.svg = draw("svg", { class: "heights", viewBox: "0 -14 92 428", role: "img", "aria-label": "Heights", preserveAspectRatio: "xMidYMid meet" }, draw("rect", { class: "height-bar", x: 0, y: 0, width: 20, height: 400, rx: 3 }), ...zones, ...ticks, this.end, this.mark, this.text);
  }

  at(z) {
    return 400 * (1 - (Math.min(Math.max(z, this.low), this.high) - this.low) / (this.high - this.low));
  }

  span(name, zone, place) {
    const [low, high] = heights(zone);
    const width = 20 / Math.max(Object.keys(known.setup?.zones ?? { a: 1 }).length, 1);
    return draw("rect", { class: `height-zone ${zone.kind ?? "keepout"}`, x: place * width, width, y: this.at(high), height: Math.max(this.at(low) - this.at(high), 1) }, draw("title", {}, name));
  }

  tick(z) {
    return draw("text", { x: 90, y: this.at(z), "text-anchor": "end", "dominant-baseline": "middle" }, String(z));
  }

  show({ pose }) {
    const y = this.at(pose.z);
    this.mark.setAttribute("transform", `translate(0 ${y})`);
    this.text.setAttribute("y", y);
    setText(this.text, number(pose.z));
  }

  ghost(ghost) {
    const end = ghost?.path?.at(-1);
    this.end.style.display = end ? "" : "none";
    if (end) this.end.setAttribute("transform", `translate(0 ${this.at(end[2])})`);
  }
}

const points = (path) => path.map(([x, y]) => `${cm(x).toFixed(1)},${down(y).toFixed(1)}`).join(" ");

const hatch = (id) =>
  draw("defs", {}, draw("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, draw("line", { class: "hatching", x1: 0, y1: 0, x2: 0, y2: 8 })));

function floor({ workspace: { x, y } }) {
  const group = draw("g", {}, draw("rect", { class: "floor", x: cm(x[0]), y: down(y[1]), width: cm(x[1] - x[0]), height: cm(y[1] - y[0]) }));
  for (let at = Math.ceil(x[0] * 2) / 2; at <= x[1]; at += 0.5) {
    group.append(draw("line", { class: at === 0 ? "grid axis" : "grid", x1: cm(at), x2: cm(at), y1: down(y[0]), y2: down(y[1]) }));
    if (Number.isInteger(at)) group.append(draw("text", { x: cm(at), y: down(y[0]) + 15, "text-anchor": "middle" }, number(at, 0)));
  }
  for (let at = Math.ceil(y[0] * 2) / 2; at <= y[1]; at += 0.5) {
    group.append(draw("line", { class: at === 0 ? "grid axis" : "grid", x1: cm(x[0]), x2: cm(x[1]), y1: down(at), y2: down(at) }));
    if (Number.isInteger(at)) group.append(draw("text", { x: cm(x[0]) - 6, y: down(at), "text-anchor": "end", "dominant-baseline": "middle" }, number(at, 0)));
  }
  return group;
}

const zoneOf = (name, zone) => fromAbove(zone, { class: `zone ${zone.kind ?? "keepout"}` });

const names = (setup) =>
  draw("g", {}, Object.entries(setup.zones).map(([name, zone]) => {
    const [x, y] = nameAt(zone);
    return draw("text", { class: "named", x: cm(x), y: down(y) - 5, "text-anchor": "middle" }, name);
  }));

function marks(setup) {
  const group = draw("g");
  const edge = cm(setup.cube_edge_m) + 6;
  for (const [name, [x, y]] of Object.entries(setup.places)) {
    group.append(draw("rect", { class: "place", x: cm(x) - edge / 2, y: down(y) - edge / 2, width: edge, height: edge, rx: 2 }));
    group.append(draw("text", { x: cm(x), y: down(y) + edge / 2 + 11, "text-anchor": "middle" }, name));
  }
  const { x, y } = setup.home;
  group.append(draw("path", { class: "home-mark", d: `M${cm(x) - 7} ${down(y)} h14 M${cm(x)} ${down(y) - 7} v14` }));
  return group;
}

function robotOf(setup) {
  const body = draw("circle", { class: "robot-body", r: 7 });
  const group = draw("g", {}, draw("circle", { class: "robot-tool", r: Math.max(cm(setup.tool_radius_m), 9) }), draw("line", { class: "robot-heading", x1: 7, x2: 17 }), body);
  return { group, body };
}

export const pickTarget = (x, y) => tell("target", { x, y });
