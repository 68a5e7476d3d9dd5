// The command box: a goal to an agent, and what it thinks, calls and hears, while it happens.
import { byId, dollars, make } from "./dom.js";
import { get, post } from "./api.js";
import { beatLine } from "./beats.js";
import { on } from "./store.js";

const KEPT = 200;

export class Talk {
  constructor(log, { only } = {}) {
    this.log = log;
    this.only = only;
    this.streams = new Map();
    this.before = new Map();
  }

  add(beat) {
    if (this.only && !this.only(beat)) return;
    if (beat.kind === "stream") return this.stream(beat);
    if (beat.kind === "decision") this.endStream(beat.run);
    const line = beatLine(beat, this.before.get(beat.run));
    if (beat.kind === "outcome") this.before.delete(beat.run);
    else this.before.set(beat.run, beat);
    if (line) this.append(line);
  }

  stream({ run, text }) {
    let said = this.streams.get(run);
    if (!said) {
      const line = beatLine({ kind: "decision", calls: [], text: " " });
      this.append(line);
      said = line.querySelector(".said");
      said.textContent = "";
      this.streams.set(run, said);
    }
    said.textContent += text;
    this.toEnd();
  }

  endStream(run) {
    this.streams.get(run)?.closest(".beat").remove();
    this.streams.delete(run);
  }

  append(line) {
    this.log.append(line);
    while (this.log.childElementCount > KEPT) this.log.firstElementChild.remove();
    this.toEnd();
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }
}

export async function start() {
  const talk = new Talk(byId("talk"));
  const select = byId("command-agent");
  on("beat", (beat) => talk.add(beat));
  on("spent", (session) => (byId("spent").textContent = spent(session)));
  byId("command-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const box = byId("command");
    const goal = box.value.trim();
    if (!goal) return box.focus();
    box.value = "";
    const answer = await post("/cockpit/say", { agent: select.value, text: goal });
    if (!answer.ok) talk.append(beatLine({ kind: "note", level: "bad", word: "not begun", text: answer.sentence }));
  });
  const answer = await get("/cockpit/agents");
  const names = answer.ok ? answer.body.agents.map((agent) => agent.name) : [];
  select.replaceChildren(...names.map((name) => make("option", { value: name }, name)));
  on("setup", ({ kind }) => {
    const usual = kind === "rover" ? "driver" : "operator";
    if (names.includes(usual)) select.value = usual;
  });
}

const spent = ({ usd, usd_left, runs, tokens }) =>
  `This session: ${runs} ${runs === 1 ? "run" : "runs"}, ${tokens.toLocaleString()} tokens, ${dollars(usd)} spent, ${dollars(usd_left)} left.`;
