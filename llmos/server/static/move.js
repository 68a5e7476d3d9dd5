// A target, the ghost of the way there, and the verdict before anything moves; then the move itself.
import { byId, called, make, number } from "./dom.js";
import { known, on, tell } from "./store.js";
import { post } from "./api.js";
import { mark } from "./beats.js";

const AXES = ["x", "y", "z", "theta_deg"];
const LABELS = { x: "X m", y: "Y m", z: "Z m", theta_deg: "θ °" };
const inputs = {};
const ruling = byId("ruling");
let asked = 0;

export function start() {
  const form = byId("move-form");
  for (const axis of AXES) {
    inputs[axis] = make("input", { type: "number", step: axis === "theta_deg" ? 1 : 0.01, inputmode: "decimal", "aria-label": `Target ${LABELS[axis]}`, oninput: () => preview() });
    form.append(make("label", { class: `axis-${axis}` }, LABELS[axis], inputs[axis]));
  }
  const go = make("button", { class: "primary", type: "submit", id: "go" }, "Move there");
  const clear = make("button", { class: "plain", type: "button", id: "clear-target", onclick: forget }, "Clear");
  form.append(make("div", { class: "row" }, go, clear));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    move();
  });
  on("target", ({ x, y }) => {
    inputs.x.value = x;
    inputs.y.value = y;
    preview();
  });
  on("setup", (setup) => {
    document.documentElement.dataset.robot = setup.kind;
    forget();
  });
  document.addEventListener("llmos:perform", ({ detail }) => perform(detail.verb, detail.args));
}

function forget() {
  asked += 1;
  for (const axis of AXES) inputs[axis].value = "";
  tell("ghost", null);
  ruling.replaceChildren(make("span", { class: "empty" }, "Pick a point on the map or type one; the way is shown before anything moves."));
}

// A rover stays on the floor.
const axes = () => (known.setup?.kind === "rover" ? ["x", "y"] : ["x", "y", "z"]);

function target() {
  const pose = known.state?.pose;
  if (!pose || AXES.every((axis) => inputs[axis].value === "")) return null;
  const args = {};
  for (const axis of axes()) args[axis] = inputs[axis].value === "" ? Number(pose[axis].toFixed(3)) : Number(inputs[axis].value);
  if (inputs.theta_deg.value !== "") args.theta_deg = Number(inputs.theta_deg.value);
  return args;
}

async function preview() {
  const args = target();
  if (!args) return forget();
  const turn = ++asked;
  const answer = await post("/cockpit/preview", { verb: "move_to", args });
  if (turn !== asked) return; // a newer target has been asked about
  if (!answer.ok) return say("bad", "Refused", answer.sentence);
  tell("ghost", answer.body);
  const { allowed, duration_s, length_m, detour } = answer.body;
  if (allowed) say("good", "Allowed", `${number(length_m)} m in ${number(duration_s, 1)} s${detour ? ", around a zone" : ", straight"}.`);
  else say("bad", "Refused", answer.sentence);
}

function say(level, word, rest) {
  ruling.replaceChildren(mark(level, word), " ", make("small", {}, rest));
}

async function move() {
  const args = target();
  if (!args) return say("warn", "No target", "Pick a point on the map or type one.");
  await perform("move_to", args);
}

export async function perform(verb, args) {
  asked += 1;
  say("good", "Under way", called(verb, args));
  const answer = await post("/cockpit/perform", { verb, args });
  if (!answer.ok) return say("bad", answer.status === 409 ? "Refused" : "Failed", answer.sentence);
  tell("ghost", null);
  if (answer.body.success) say("good", "Reached", `${called(verb, args)}, measured.`);
  else say("warn", "Not reached", answer.sentence);
}
