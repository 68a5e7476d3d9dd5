// Agents, skills and volumes: what this home has to offer, and a conversation with an agent.
import { byId, make } from "./dom.js";
import { get, post } from "./api.js";
import { Talk } from "./command.js";
import { beatLine } from "./beats.js";
import { facts, Listing } from "./listing.js";
import { on } from "./store.js";

const about = (entry) => ({ key: entry.name, title: entry.name, note: entry.volume, about: entry.description });

async function text(kind, name) {
  const answer = await get(`/cockpit/documents/${kind}/${encodeURIComponent(name)}`);
  return answer.ok ? make("pre", {}, answer.body.text) : make("p", { class: "saying", data: { level: "bad" } }, answer.sentence);
}

const agents = new Listing(byId("agents"), {
  title: "Agents",
  path: "/cockpit/agents",
  rows: (body) => body.agents,
  row: about,
  detail: async (agent) => [
    make("h2", {}, agent.name),
    make("p", {}, agent.description),
    facts([["Tools", agent.tools?.join(", ") ?? "all"], ["Model", agent.model], ["File", agent.path], ["Shadows", agent.shadows.join(", ")]]),
    chat(agent.name),
    await text("agent", agent.name),
  ],
});

const skills = new Listing(byId("skills"), {
  title: "Skills",
  path: "/cockpit/skills",
  rows: (body) => body.skills,
  row: about,
  detail: async (skill) => [make("h2", {}, skill.name), make("p", {}, skill.description), facts([["File", skill.path], ["Shadows", skill.shadows.join(", ")]]), await text("skill", skill.name)],
});

const volumes = new Listing(byId("volumes"), {
  title: "Volumes",
  path: "/cockpit/volumes",
  rows: (body) => body.volumes,
  row: (volume) => ({ key: volume.name, title: volume.name, note: volume.tier, about: volume.root }),
  detail: async (volume) => [
    make("h2", {}, volume.name),
    facts([["Tier", volume.tier], ["Folder", volume.root], ["Trusted", volume.trusted ? "yes" : "no"], ["Written by LLMos", volume.writable ? "yes" : "no"], ["Holds", Object.entries(volume.holds).map(([kind, count]) => `${count} ${kind}`).join(", ")]]),
    volume.log.length && make("h2", {}, "Newest changes"),
    make("div", { class: "beats" }, volume.log.map((commit) => make("div", { class: "beat" }, make("div", { class: "what mono" }, commit.id.slice(0, 8)), make("div", { class: "said" }, commit.subject, make("br"), make("small", {}, `${commit.author}, ${commit.at}`))))),
  ],
});

const pages = { agents, skills, volumes };
let hearing = null;

// A conversation keeps its history on the server for as long as the page is open.
function chat(agent) {
  const log = make("div", { class: "talk", role: "log", "aria-label": `Conversation with ${agent}`, tabindex: 0 });
  const runs = new Set();
  let id = null;
  hearing = new Talk(log, { only: (beat) => runs.has(beat.run) || runs.has(beat.parent) });
  const box = make("input", { "aria-label": `Say to ${agent}`, autocomplete: "off", maxlength: 4000, placeholder: `Say something to ${agent}` });
  const form = make("form", { class: "row", onsubmit: say }, box, make("button", { class: "primary", type: "submit" }, "Say"));
  box.style.flex = "1";
  form.querySelector("button").style.flex = "none";
  const talk = hearing;
  async function say(event) {
    event.preventDefault();
    const words = box.value.trim();
    if (!words) return box.focus();
    box.value = "";
    const answer = await post("/cockpit/say", { agent, text: words, talk: id });
    if (!answer.ok) return talk.append(beatLine({ kind: "note", level: "bad", word: "not begun", text: answer.sentence }));
    id = answer.body.talk;
    talk.only = (beat) => beat.talk === id;
    for (const beat of answer.body.beats ?? []) talk.add(beat);
  }
  return make("div", {}, log, form);
}

export function start() {
  on("beat", (beat) => hearing?.add(beat));
}

export const open = (page) => pages[page]?.open();
