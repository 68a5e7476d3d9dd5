// One line for each thing that happened in a run: goal, decision, call, verdict, measured motion, outcome.
import { called, dollars, make, number } from "./dom.js";

export const mark = (level, word) => make("span", { class: "mark", data: { level } }, word);

const LEVEL = { done: "good", failed: "bad", refused: "bad", budget: "warn", interrupted: "warn" };

const TELL = {
  goal: (beat) => ["Goal", [beat.goal, make("br"), make("small", {}, `${beat.agent} on ${beat.model} · ${beat.mode}${beat.mode_reason ? `: ${beat.mode_reason}` : ""}`)]],
  decision: (beat, before) => ["Decision", decision(beat, before)],
  verdict: (beat) => ["Gate", beat.allowed
    ? [mark("good", "allowed"), " ", make("span", { class: "call" }, called(beat.verb, beat.args))]
    : [mark("bad", "refused"), " ", make("span", { class: "call" }, called(beat.verb, beat.args)), make("br"), beat.reason, beat.suggestion && make("small", {}, `; ${beat.suggestion}`)]],
  motion: (beat) => ["Measured", [mark(beat.reached ? "good" : "bad", ended(beat)), ` ${at(beat.measured)}`, make("small", {}, ` ${off(beat)}${number(beat.duration_s, 1)} s`)]],
  answer: (beat) => ["Answer", [!beat.ok && mark("bad", "failed "), beat.text]],
  note: (beat) => ["Note", [mark(beat.level, beat.word), ` ${beat.text}`]],
  outcome: (beat, before) => ["Outcome", [mark(LEVEL[beat.outcome] ?? "warn", beat.outcome), before?.text === beat.answer ? "" : ` ${beat.answer}`, beat.reason && !beat.answer.includes(beat.reason) && [make("br"), make("small", {}, beat.reason)], make("br"), make("small", {}, `${beat.steps} steps · ${dollars(beat.cost_usd)} · ${number(beat.duration_s, 1)} s`)]],
};

// A motion that was cut short ended where it was told to by then: that it is not off from there says nothing.
const ended = (beat) => (beat.reached ? "reached" : beat.halted ? `halted: ${beat.halted}` : "not reached");
const off = (beat) => (beat.error_m === null || beat.halted ? "" : `${number(beat.error_m * 1000, 1)} mm off, `);

function decision(beat, before) {
  const parts = [];
  if (beat.thinking) parts.push(make("div", { class: "thought" }, beat.thinking));
  const repeats = beat.text && before?.kind === "answer" && before.text.includes(beat.text);
  if (beat.text) parts.push(make("div", {}, repeats ? make("small", {}, "ends with this answer") : beat.text));
  for (const call of beat.calls) parts.push(make("div", { class: "call" }, called(call.tool, call.args)));
  return parts.length ? parts : [make("small", {}, "nothing to say")];
}

function at(pose) {
  if (!pose || pose.x === undefined) return "";
  return `(${["x", "y", "z"].map((axis) => number(pose[axis])).join(", ")})`;
}

// `before` is the beat of the same run before this one: what it has said already is not said again.
export function beatLine(beat, before) {
  const tell = TELL[beat.kind];
  if (!tell) return null;
  const [what, said] = tell(beat, before);
  return make("div", { class: "beat", data: { kind: beat.kind } }, make("div", { class: "what" }, what), make("div", { class: "said" }, said));
}
