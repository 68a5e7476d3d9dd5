// One line for each thing that happened in a run: goal, decision, call, verdict, measured motion, outcome.
import { called, dollars, make, number } from "./dom.js";

export const mark = (level, word) => make("span", { class: "mark", data: { level } }, word);

const LEVEL = { done: "good", failed: "bad", refused: "bad", budget: "warn", interrupted: "warn" };

const TELL = {
  goal: (beat) => ["Goal", [beat.goal, make("br"), make("small", {}, `${beat.agent} on ${beat.model} · ${beat.mode}${beat.mode_reason ? `: ${beat.mode_reason}` : ""}`)]],
  decision: (beat) => ["Decision", decision(beat)],
  verdict: (beat) => ["Gate", beat.allowed
    ? [mark("good", "allowed"), " ", make("span", { class: "call" }, called(beat.verb, beat.args))]
    : [mark("bad", "refused"), " ", make("span", { class: "call" }, called(beat.verb, beat.args)), make("br"), beat.reason, beat.suggestion && make("small", {}, `; ${beat.suggestion}`)]],
  motion: (beat) => ["Measured", [mark(beat.reached ? "good" : "bad", beat.reached ? "reached" : "not reached"), ` ${at(beat.measured)}`, make("small", {}, ` ${beat.error_m === null ? "" : `${number(beat.error_m * 1000, 1)} mm off, `}${number(beat.duration_s, 1)} s`)]],
  answer: (beat) => ["Answer", [!beat.ok && mark("bad", "failed "), beat.text]],
  note: (beat) => ["Note", [mark(beat.level, beat.word), ` ${beat.text}`]],
  outcome: (beat) => ["Outcome", [mark(LEVEL[beat.outcome] ?? "warn", beat.outcome), ` ${beat.answer}`, beat.reason && [make("br"), make("small", {}, beat.reason)], make("br"), make("small", {}, `${beat.steps} steps · ${dollars(beat.cost_usd)} · ${number(beat.duration_s, 1)} s`)]],
};

function decision(beat) {
  const parts = [];
  if (beat.thinking) parts.push(make("div", { class: "thought" }, beat.thinking));
  if (beat.text) parts.push(make("div", {}, beat.text));
  for (const call of beat.calls) parts.push(make("div", { class: "call" }, called(call.tool, call.args)));
  return parts.length ? parts : [make("small", {}, "nothing to say")];
}

function at(pose) {
  if (!pose || pose.x === undefined) return "";
  return `(${["x", "y", "z"].map((axis) => number(pose[axis])).join(", ")})`;
}

export function beatLine(beat) {
  const tell = TELL[beat.kind];
  if (!tell) return null;
  const [what, said] = tell(beat);
  return make("div", { class: "beat", data: { kind: beat.kind } }, make("div", { class: "what" }, what), make("div", { class: "said" }, said));
}
