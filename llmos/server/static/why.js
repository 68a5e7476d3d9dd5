// What each decision of a run rests on: the line of the document as the run read it, verdict and measured motion.
import { make } from "./dom.js";
import { get } from "./api.js";
import { mark } from "./beats.js";

function basisLine({ kind, sentence, place, quote, note }) {
  const remarks = [sentence, note].filter(Boolean).join("; ");
  if (!place) return make("p", { class: "basis" }, make("small", {}, `${kind}: `), sentence);
  return make("p", { class: "basis" }, make("small", {}, `${kind}: `), make("code", {}, place), quote && ` \u201c${quote}\u201d`, remarks && make("small", {}, ` (${remarks})`));
}

function decisionLine({ kind, what, why, allowed, inner, bases }) {
  const word = allowed === null ? kind : mark(allowed ? "good" : "bad", kind);
  return make("div", { class: "beat", data: { kind: inner ? "inner" : "decided" } }, make("span", { class: "what" }, word), make("div", { class: "said" }, what, why && make("small", {}, ` ${inner ? "" : "because "}${why}`), bases.map(basisLine)));
}

export function whyButton(runId) {
  const place = make("div", { class: "why" });
  const open = async () => {
    const answer = await get(`/cockpit/runs/${runId}/why`);
    if (!answer.ok) return place.replaceChildren(make("p", { class: "saying", data: { level: "bad" } }, answer.sentence));
    return place.replaceChildren(make("h2", {}, "What each decision rests on"), make("div", { class: "beats" }, answer.body.decisions.map(decisionLine)));
  };
  place.append(make("button", { class: "plain", type: "button", onclick: open }, "What does each decision rest on?"));
  return place;
}
