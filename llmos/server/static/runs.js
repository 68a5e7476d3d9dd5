// The runs there were, and why the robot did what it did in one of them: goal, decision, verdict, measured motion.
import { byId, clock, dollars, make, number } from "./dom.js";
import { get, post } from "./api.js";
import { beatLine, mark } from "./beats.js";
import { facts, Listing } from "./listing.js";
import { savingsPanel } from "./savings.js";
import { whyButton } from "./why.js";

const LEVEL = { done: "good", failed: "bad", refused: "bad" };
let wanted = null;

const listing = new Listing(byId("runs"), {
  title: "Runs",
  path: "/cockpit/runs",
  rows: (body) => body.runs,
  row: (run) => ({ key: run.run_id, title: run.agent, note: run.outcome || "going on or cut off", about: run.goal }),
  detail,
});
listing.about = ({ usage }) => `${usage.runs} ${usage.runs === 1 ? "run" : "runs"}, ${usage.tokens.toLocaleString()} tokens, ${dollars(usage.cost_usd)} in this home`;

export function openRun(run) {
  wanted = run;
  if (location.hash === "#/runs") open();
  else location.hash = "#/runs";
}

export async function open() {
  const [panel] = await Promise.all([savingsPanel(), listing.open(wanted)]);
  wanted = null;
  byId("runs").querySelector(".savings")?.remove();
  byId("runs").querySelector(".page-head").after(panel);
}

async function detail(run) {
  const answer = await get(`/cockpit/runs/${run.run_id}`);
  if (!answer.ok) return [make("p", { class: "saying", data: { level: "bad" } }, answer.sentence)];
  const { beats, going_on: goingOn } = answer.body;
  const stop = goingOn && make("button", { class: "plain danger", type: "button", onclick: () => post(`/cockpit/runs/${run.run_id}/interrupt`, {}).then(() => open()) }, "Interrupt this run");
  return [
    make("h2", {}, "Why did it do that?"),
    make("p", {}, run.outcome ? mark(LEVEL[run.outcome] ?? "warn", run.outcome) : mark("warn", goingOn ? "going on" : "cut off"), ` ${run.agent}, ${new Date(run.started).toLocaleDateString()} ${clock(run.started)}`),
    facts([["Run", run.run_id], ["Model", run.model], ["Cost", `${dollars(run.cost_usd)}, ${run.tokens.toLocaleString()} tokens`], ["Took", run.duration_s ? `${number(run.duration_s, 1)} s, ${run.steps} steps` : ""], ["Journal", run.journal]]),
    stop,
    make("div", { class: "beats" }, beats.map((beat, at) => beatLine(beat, beats[at - 1])).filter(Boolean)),
    goingOn ? null : whyButton(run.run_id),
  ];
}
