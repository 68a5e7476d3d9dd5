// What replays did not spend, beside what all runs cost: measured from the journals, with how.
import { dollars, make, number } from "./dom.js";
import { get } from "./api.js";

const whole = (value) => number(value, 0).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const money = (value) => (value < 0 ? `\u2212${dollars(-value)}` : dollars(value));
const figure = (value, word) => make("div", {}, make("b", {}, value), make("span", {}, word));
const modes = (counts) => Object.entries(counts).map(([mode, count]) => `${count} ${mode}`).join(", ");

function goalRow({ agent, goal, replays, runs, saved }) {
  const held = runs ? `held against ${runs} ${runs === 1 ? "run" : "runs"}` : "nothing to hold it against";
  return make("li", {}, make("span", { class: "title" }, make("span", {}, goal), make("small", {}, `${whole(saved.tokens)} tokens, ${money(saved.cost_usd)}, ${number(saved.seconds, 1)} s`)), make("span", { class: "about" }, `${agent}, ${replays} ${replays === 1 ? "replay" : "replays"}, ${held}`));
}

export async function savingsPanel() {
  const answer = await get("/cockpit/savings");
  if (!answer.ok) return make("section", { class: "panel savings" }, make("p", { class: "saying", data: { level: "bad" } }, answer.sentence));
  const { savings } = answer.body;
  if (!savings.runs) return make("section", { class: "panel savings", "aria-label": "Savings" }, make("h2", {}, "Not spent"), make("p", { class: "empty" }, "No run has been replayed yet. The second time a goal is asked for, no model is."));
  return make(
    "section",
    { class: "panel savings", "aria-label": "Savings" },
    make("h2", {}, "Not spent ", make("small", {}, `by ${savings.runs} ${savings.runs === 1 ? "replay" : "replays"} (${modes(savings.modes)})`)),
    make("div", { class: "figures" }, figure(whole(savings.tokens), "tokens"), figure(money(savings.cost_usd), "as charged"), figure(`${number(savings.seconds, 1)} s`, "on the wall"), savings.without_baseline > 0 && figure(whole(savings.without_baseline), "with nothing to hold them against")),
    make("details", {}, make("summary", {}, "How this was measured, and by goal"), make("p", {}, `${savings.method} The prices are of ${savings.prices_date}.`), make("ul", {}, savings.goals.map(goalRow))),
  );
}
