// The zone editor: it edits the robot profile, as one commit in the person's own volume. What is looser waits for a rearm.
import { byId, make } from "./dom.js";
import { get, send } from "./api.js";
import { mapInto } from "./map.js";
import { known, on } from "./store.js";
import { rearmNaming } from "./status.js";

const FIELDS = {
  sphere: [["center_m", 3], ["radius_m", 1]],
  box: [["min_m", 3], ["max_m", 3]],
  cylinder: [["center_m", 2], ["radius_m", 1], ["z_m", 2]],
  prism: [["corners_m", 0], ["z_m", 2]],
};
const AXES = ["x", "y", "z"];
const page = byId("zones");
let draft = {};
let chosen = null;
let document_ = null;
let map = null;
const looser = make("div");
let waiting = null;

export function start() {
  on("state", () => showLooser());
  let inForce = null;
  on("setup", ({ hash }) => {
    const changed = inForce !== null && hash !== inForce;
    inForce = hash;
    if (page.hidden || !document_) return;
    // Read it anew when somebody else has changed it: what is drawn here is not lost, nor what was said of our own save.
    if (changed && hash !== document_.hash && JSON.stringify(draft) === JSON.stringify(document_.zones)) open();
    else redraw();
  });
}

export async function open() {
  showLooser(true);
  const answer = await get("/cockpit/zones");
  if (!answer.ok) {
    page.replaceChildren(make("p", { class: "saying", data: { level: "bad" } }, answer.sentence));
    return;
  }
  document_ = answer.body;
  draft = structuredClone(document_.zones);
  chosen = chosen in draft ? chosen : (Object.keys(draft)[0] ?? null);
  build();
}

function build(message) {
  const pane = make("div", { class: "pane map" });
  const head = make("div", { class: "page-head" }, make("h1", {}, "Zones"), make("p", {}, `of the profile ${document_.robot}, ${document_.path}`));
  const side = make("div", { class: "column" }, make("section", { class: "panel" }, chooser(), chosen ? editor() : null), saver(message), looser);
  page.replaceChildren(head, make("div", { class: "zones-grid" }, make("section", { class: "panel", "aria-label": "Workspace from above" }, pane), side));
  map = mapInto(pane);
  redraw();
}

function redraw() {
  if (!known.setup || !map) return;
  // What the scene adds stands there as well; it is not this profile's to change.
  const ofScene = Object.entries(known.setup.zones).filter(([name]) => !(name in document_.zones) && !(name in draft));
  map.build({ ...known.setup, zones: { ...Object.fromEntries(ofScene), ...draft } });
}

function chooser() {
  const select = make("select", { "aria-label": "Zone", onchange: (event) => ((chosen = event.target.value), build()) }, Object.keys(draft).map((name) => make("option", { value: name, selected: name === chosen }, name)));
  select.style.flex = "1";
  const name = make("input", { id: "zone-name", "aria-label": "Name of a new zone", placeholder: "Name of a new zone", maxlength: 60 });
  name.style.flex = "1";
  const add = make("form", { class: "row", onsubmit: (event) => (event.preventDefault(), create(name.value.trim())) }, name, make("button", { class: "plain", type: "submit" }, "Add"));
  add.querySelector("button").style.flex = "none";
  const remove = make("button", { class: "plain danger", type: "button", onclick: () => ((draft = without(draft, chosen)), (chosen = Object.keys(draft)[0] ?? null), build()) }, "Remove");
  remove.style.flex = "none";
  return make("div", { class: "zone-form" }, chosen && make("div", { class: "row" }, select, remove), add);
}

const without = (zones, name) => Object.fromEntries(Object.entries(zones).filter(([each]) => each !== name));

function create(name) {
  if (!name || name in draft) return byId("zone-name").focus();
  draft[name] = { shape: "sphere", center_m: [0.8, 0.8, 0.5], radius_m: 0.2, kind: "keepout" };
  chosen = name;
  build();
}

const FRESH = {
  sphere: { center_m: [0.8, 0.8, 0.5], radius_m: 0.2 },
  box: { min_m: [0.6, 0.6, 0], max_m: [1, 1, 0.5] },
  cylinder: { center_m: [0.8, 0.8], radius_m: 0.2, z_m: [0, 1] },
  prism: { corners_m: [[0.6, 0.6], [1, 0.6], [0.8, 1]], z_m: [0, 1] },
};

function editor() {
  const zone = draft[chosen];
  const choose = (label, key, options) =>
    make("label", {}, label, make("select", { "aria-label": label, onchange: (event) => change(key, event.target.value) }, options.map((each) => make("option", { value: each, selected: each === (zone[key] ?? options[0]) }, each))));
  const fields = make("div", { class: "fields" }, choose("Shape", "shape", Object.keys(FIELDS)), choose("Kind", "kind", ["keepout", "human"]));
  for (const [key, count] of FIELDS[zone.shape]) fields.append(...numbers(zone, key, count));
  fields.append(make("label", { class: "full" }, "Note", make("input", { value: zone.note ?? "", maxlength: 200, oninput: (event) => (zone.note = event.target.value || undefined) })));
  const form = make("div", { class: "zone-form" }, fields);
  form.style.marginTop = "12px";
  return form;
}

function change(key, value) {
  const { kind, note } = draft[chosen];
  if (key === "shape") draft[chosen] = { shape: value, ...structuredClone(FRESH[value]), kind, note };
  else draft[chosen][key] = value;
  build();
}

function numbers(zone, key, count) {
  const input = (label, value, set) =>
    make("label", {}, label, make("input", { type: "number", step: 0.05, value, "aria-label": `${chosen}, ${label}`, oninput: (event) => (set(Number(event.target.value)), redraw()) }));
  if (key === "corners_m") {
    const text = make("textarea", { rows: 3, "aria-label": "Corners, one x, y a line", oninput: (event) => corners(zone, event.target.value) }, zone.corners_m.map((each) => each.join(", ")).join("\n"));
    return [make("label", { class: "full" }, "Corners: x, y, one a line", text)];
  }
  const name = key.replace("_m", "");
  if (count === 1) return [input(`${name} m`, zone[key], (value) => (zone[key] = value))];
  const parts = key === "z_m" ? ["from", "to"] : AXES;
  return Array.from({ length: count }, (_, index) => input(`${name} ${parts[index]} m`, zone[key][index], (value) => (zone[key][index] = value)));
}

function corners(zone, text) {
  const found = text.split("\n").map((line) => line.split(",").map(Number)).filter((pair) => pair.length === 2 && pair.every(Number.isFinite));
  if (found.length >= 3) zone.corners_m = found;
  redraw();
}

function saver(message) {
  const reason = make("input", { id: "zone-reason", "aria-label": "Why", placeholder: "Why; it stands in the volume's history", maxlength: 200 });
  const save = make("button", { class: "primary", type: "button", id: "zone-save", onclick: () => keep(reason.value.trim()) }, "Save as one commit");
  const undo = make("button", { class: "plain", type: "button", onclick: () => open() }, "Undo changes");
  return make("section", { class: "panel zone-form" }, reason, make("div", { class: "row" }, save, undo), message ?? null);
}

const saying = (level, ...words) => make("p", { class: "saying", id: "zone-saying", data: { level }, role: level === "bad" ? "alert" : "status" }, words);

async function keep(reason) {
  const answer = await send("PUT", "/cockpit/zones", { zones: draft, reason, over: document_.hash });
  if (!answer.ok) return build(saying("bad", answer.sentence));
  document_ = { ...document_, ...answer.body };
  draft = structuredClone(document_.zones);
  build(saying(answer.body.waits ? "warn" : "good", answer.body.sentence));
}

// What a person has ticked stands while the page is drawn again around it: it is asked anew only for another document.
function showLooser(anew = false) {
  const hash = known.state?.pending ?? null;
  if (hash === waiting && !anew) return;
  waiting = hash;
  looser.replaceChildren(...pendingPanel(hash));
}

// Looser limits count when a person has said that they were read, and names the document by its hash.
function pendingPanel(hash) {
  if (!hash) return [];
  const check = make("input", { type: "checkbox", id: "zone-read", onchange: () => (allow.disabled = !check.checked) });
  check.addEventListener("keydown", (event) => event.key === "Enter" && check.click()); // the space bar stops the robot
  const label = make("label", { class: "tick" }, check, "I have read what it allows, and the way is clear.");
  const allow = make("button", { class: "plain", type: "button", disabled: true, onclick: () => rearm(hash) }, "Rearm with this profile");
  return [make("section", { class: "panel zone-form", "aria-label": "Looser limits" }, make("h2", {}, "Looser limits wait"), make("p", {}, "The profile ", make("code", {}, `${hash.slice(0, 19)}…`), " allows more than the one in force."), label, allow)];
}

async function rearm(hash) {
  const answer = await rearmNaming(hash);
  if (answer.ok) return open();
  showLooser(true);
  build(saying("bad", answer.sentence));
}
