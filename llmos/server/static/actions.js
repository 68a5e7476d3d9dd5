// The history of commands with the gate's verdict on each, whoever gave them; newest first.
import { byId, called, clock, make, number } from "./dom.js";
import { get } from "./api.js";
import { mark } from "./beats.js";
import { on } from "./store.js";

const KEPT = 100;
const list = byId("actions");
let open = null; // the row of the motion that is under way

export async function start() {
  const answer = await get("/cockpit/actions");
  for (const action of answer.ok ? answer.body.actions : []) add(action);
  if (!list.firstChild) list.append(make("li", { class: "empty" }, "Nothing has been commanded yet."));
  on("beat", (beat) => {
    if ((beat.kind === "verdict" && beat.verb !== "emergency_stop") || beat.kind === "motion") add(beat);
  });
  on("state", watchStop);
}

// A stop comes from anywhere, also from another process: it is told when the state says so.
let stopped = null;

function watchStop({ stop }) {
  if (stop?.since === stopped?.since) return;
  if (stop) add({ kind: "verdict", verb: "emergency_stop", args: {}, allowed: true, word: "stopped", level: "bad", at: stop.since, by: `${stop.by}: ${stop.reason}` });
  else add({ kind: "verdict", verb: "rearm", args: {}, allowed: true, word: "rearmed", level: "good", at: Date.now() });
  stopped = stop;
}

function add(beat) {
  list.querySelector(".empty")?.remove();
  if (beat.kind === "motion") return measured(beat);
  const row = make("li", {},
    make("div", { class: "line" }, make("span", { class: "call" }, called(beat.verb, beat.args)), beat.word ? mark(beat.level, beat.word) : mark(beat.allowed ? "good" : "bad", beat.allowed ? "allowed" : "refused")),
    !beat.allowed && make("div", {}, `${beat.reason}${beat.suggestion ? `; ${beat.suggestion}` : ""}`),
    make("div", { class: "who" }, `${clock(beat.at)} ${beat.by ? `· ${beat.by}` : ""}`),
  );
  if (beat.allowed && beat.verb !== "emergency_stop" && beat.verb !== "rearm") open = row;
  list.prepend(row);
  while (list.childElementCount > KEPT) list.lastElementChild.remove();
}

function measured(beat) {
  const who = open?.querySelector(".who");
  if (!who) return;
  const off = typeof beat.error_m === "number" ? `, ${number(beat.error_m * 1000, 1)} mm off` : "";
  who.append(` · ${beat.reached ? `reached${off}` : "not reached"}, ${number(beat.duration_s, 1)} s`);
  open = null;
}
