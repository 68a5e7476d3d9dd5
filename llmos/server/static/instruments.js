// The instrument panel: pose against the workspace, speed, tool, battery, distances to zones, valence.
import { byId, make, number, setText } from "./dom.js";
import { known, on } from "./store.js";

const rows = {};
const zoneRows = new Map();
const dials = new Map();

export function start() {
  on("setup", build);
  on("state", show);
}

function track(...marks) {
  return make("div", { class: "track" }, marks.map((mark) => make(mark)));
}

function row(list, name, label, unit, mark = "b") {
  const bar = track(mark);
  const value = make("span", { id: `reading-${name}` });
  list.append(make("dt", {}, label), bar, make("dd", {}, value, unit && make("small", {}, unit)));
  rows[name] = { bar, value };
}

function plain(list, name, label) {
  const value = make("span");
  list.append(make("dt", { class: `row-${name}` }, label), make("dd", { class: `wide row-${name}` }, value));
  rows[name] = { value };
}

function build(setup) {
  const pose = make("dl", { class: "readings" });
  for (const axis of ["x", "y", "z"]) row(pose, axis, axis.toUpperCase(), "m");
  row(pose, "theta_deg", "θ", "°");
  row(pose, "speed", "Speed", "m/s", "s");
  const rest = make("dl", { class: "readings" });
  for (const [name, label] of [["robot", "Robot"], ["gripper", "Tool"], ["holding", "Holding"], ["clearance", "Nearest thing"], ["battery", "Battery"], ["jitter", "Control"]]) plain(rest, name, label);
  setText(rows.robot.value, setup.robot);
  byId("pose").replaceChildren(pose, make("hr", { class: "rule" }), rest);
  buildZones(setup);
}

function buildZones(setup) {
  zoneRows.clear();
  const list = byId("clearances");
  list.replaceChildren();
  for (const [name, zone] of Object.entries(setup.zones)) {
    const [value, word] = [make("span", { class: "value" }), make("span", { class: "word" })];
    const kind = make("span", { class: "kind" }, `${zone.kind ?? "keepout"} · ${zone.shape}`);
    const item = make("li", {}, make("span", { class: "name", title: name }, name), value, kind, word);
    list.append(item);
    zoneRows.set(name, { item, value, word, kind: zone.kind ?? "keepout" });
  }
  if (!zoneRows.size) list.append(make("li", { class: "empty" }, "This profile has no zones."));
}

function place(bar, share) {
  const at = `${(Math.min(Math.max(share, 0), 1) * 100).toFixed(2)}%`;
  bar.querySelector("b").style.left = at;
}

function fill(bar, share) {
  bar.querySelector("s").style.width = `${(Math.min(Math.max(share, 0), 1) * 100).toFixed(1)}%`;
}

function show(state) {
  const { setup } = known;
  if (!setup || !rows.x) return;
  for (const axis of ["x", "y", "z"]) {
    const [low, high] = setup.workspace[axis];
    setText(rows[axis].value, number(state.pose[axis]));
    place(rows[axis].bar, (state.pose[axis] - low) / (high - low));
  }
  setText(rows.theta_deg.value, number(state.pose.theta_deg, 1));
  place(rows.theta_deg.bar, state.pose.theta_deg / 360);
  setText(rows.speed.value, number(state.speed_mps));
  fill(rows.speed.bar, state.speed_mps / setup.max_speed_mps);
  setText(rows.gripper.value, state.gripper_closed ? "active, closed" : "inactive, open");
  setText(rows.holding.value, state.holding ?? "nothing");
  setText(rows.battery.value, state.battery === null ? "no battery" : `${Math.round(state.battery * 100)} %`);
  setText(rows.clearance.value, typeof state.clearance_m === "number" ? `${number(state.clearance_m)} m` : "nothing in range");
  setText(rows.jitter.value, state.control ?? "simulated time");
  for (const [name, metres] of Object.entries(state.zones)) showZone(name, metres, setup);
  showValence(state.sentience);
}

// What a distance means: from people the robot keeps further away, and slows down before that.
export function nearness(metres, kind, { near_m: near }) {
  if (metres <= 0) return ["bad", "inside"];
  if (kind === "human") return metres <= near.human_stop ? ["warn", "held"] : metres < near.human_slow ? ["", "slows"] : ["", "clear"];
  return metres < near.keepout ? ["warn", "near"] : ["", "clear"];
}

function showZone(name, metres, setup) {
  const row = zoneRows.get(name);
  if (!row) return;
  const [level, word] = nearness(metres, row.kind, setup);
  setText(row.value, `${number(metres)} m`);
  setText(row.word, word);
  row.item.dataset.level = level;
}

function showValence(sentience) {
  const box = byId("valence");
  if (!sentience) {
    if (!box.firstChild) box.append(make("p", { class: "empty" }, "This service tells no valence."));
    return;
  }
  if (!dials.size) buildValence(box, sentience);
  setText(byId("mode"), sentience.mode);
  byId("mode").title = sentience.says;
  setText(tightened, tighter(sentience));
  for (const [name, value] of Object.entries(sentience.valence)) {
    const dial = dials.get(name);
    if (!dial) continue;
    setText(dial.value, number(value));
    place(dial.bar, (value + 1) / 2);
  }
}

function buildValence(box, sentience) {
  const list = make("dl", { class: "readings" });
  for (const name of Object.keys(sentience.valence)) {
    const [bar, value] = [track("u", "b"), make("span")];
    const rest = sentience.setpoints[name];
    bar.querySelector("u").style.left = `${((rest + 1) / 2) * 100}%`;
    list.append(make("dt", {}, name.replace("_", " ")), bar, make("dd", {}, value));
    dials.set(name, { bar, value });
  }
  box.replaceChildren(list, tightened);
}

const tightened = make("p", { class: "empty" });
tightened.style.marginTop = "8px";

// By how much the mode tightens the limits just now; nothing in the usual mode.
function tighter({ speed_factor: speed, extra_margin_m: margin, max_step_m: step }) {
  const parts = [];
  if (speed < 1) parts.push(`speed at most ${Math.round(speed * 100)} %`);
  if (margin > 0) parts.push(`${number(margin)} m further from zones`);
  if (step !== null) parts.push(`steps of at most ${number(step)} m`);
  return parts.length ? `Stricter now: ${parts.join(", ")}.` : "";
}
