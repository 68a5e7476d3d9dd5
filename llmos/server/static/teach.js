// Teaching by showing: what a person does by hand becomes a run's journal, like any other.
import { byId, make, number } from "./dom.js";
import { get, post } from "./api.js";
import { on } from "./store.js";
import { openRun } from "./runs.js";

const box = byId("teach");
let lesson = null;

export async function start() {
  box.className = "teach";
  on("beat", (beat) => beat.kind === "lesson" && JSON.stringify(beat.lesson) !== JSON.stringify(lesson) && show(beat.lesson));
  const answer = await get("/cockpit/teach");
  show(answer.ok ? answer.body.lesson : null);
}

function show(now) {
  lesson = now;
  if (lesson) return showLesson();
  const goal = make("input", { id: "teach-goal", placeholder: "What you are about to show", maxlength: 300, "aria-label": "What you are about to show" });
  const form = make("form", { class: "row", onsubmit: begin }, goal, make("button", { class: "plain", type: "submit" }, "Record"));
  goal.style.flex = "1";
  form.querySelector("button").style.flex = "none";
  box.replaceChildren(form);
}

async function begin(event) {
  event.preventDefault();
  const goal = byId("teach-goal").value.trim();
  if (!goal) return byId("teach-goal").focus();
  await act({ action: "begin", goal });
}

function showLesson() {
  const points = make("ol", { class: "points" }, lesson.steps.map((step, index) => make("li", {}, `${index + 1}. ${said(step)}`)));
  box.replaceChildren(
    make("p", { class: "recording" }, make("i", { "aria-hidden": "true" }), `Recording “${lesson.goal}”`),
    points,
    make("div", { class: "row" }, button("Keep this point", "keep"), button("Finish", "finish"), button("Discard", "discard")),
  );
  points.scrollTop = points.scrollHeight;
}

const button = (label, action) => make("button", { class: "plain", type: "button", onclick: () => act({ action }) }, label);

async function act(body) {
  const answer = await post("/cockpit/teach", body);
  if (!answer.ok) return box.append(make("p", { class: "saying", data: { level: "bad" }, role: "alert" }, answer.sentence));
  show(answer.body.lesson);
  if (answer.body.run_id) {
    const link = make("a", { href: "#/runs", onclick: () => openRun(answer.body.run_id) }, answer.body.run_id);
    box.append(make("p", { class: "saying", data: { level: "good" }, role: "status" }, "Kept as the run ", link, "."));
  }
}

function said({ tool, args }) {
  if (tool === "move_to") return `to (${["x", "y", "z"].filter((axis) => axis in args).map((axis) => number(args[axis])).join(", ")})`;
  if (tool === "toggle_tool") return args.activate ? "close the gripper" : "open the gripper";
  return tool.replace("_", " ");
}
