// One status in one word and one colour, and a banner for what a person must decide.
import { byId, clock, setText } from "./dom.js";
import { nearness } from "./instruments.js";
import { known, on } from "./store.js";
import { setLatched } from "./stop.js";
import { post } from "./api.js";

const status = byId("status");
const banner = byId("banner");
const next = byId("banner-next");
let recovering = "";
let unheard = false;
let cleared = "";

export function start() {
  on("state", show);
  on("link", show);
  on("setup", (setup) => setText(byId("robot-name"), `${setup.profile} · ${setup.scene}`));
  document.addEventListener("llmos:rearmed", ({ detail }) => {
    cleared = known.state?.stop?.since ?? "";
    recovering = detail.ok ? "Rearmed. The robot stays where it is until it is moved." : `Not rearmed: ${detail.body.reason ?? "the service refused"}`;
    show();
  });
  document.addEventListener("llmos:stopped", ({ detail }) => {
    // Whoever answers a stop need not be who tells the state: believe the answer until there is news.
    unheard = false;
    const { by = "", reason = "", since = "" } = detail;
    if (known.state) known.state.stop ??= { by, reason, since };
    show();
  });
  document.addEventListener("llmos:stop-unheard", () => {
    unheard = true;
    show();
  });
  next.addEventListener("click", async () => {
    if (next.dataset.go === "home") {
      recovering = "";
      show();
      document.dispatchEvent(new CustomEvent("llmos:perform", { detail: { verb: "go_home", args: {} } }));
    } else location.hash = "#/zones";
  });
}

function show() {
  const state = known.state;
  if (state) setLatched(Boolean(state.stop));
  if (state?.stop) unheard = false;
  if (state?.stop && state.stop.since !== cleared) recovering = "";
  if (state?.moving) recovering = recovering.startsWith("Rearmed") ? "" : recovering;
  const [level, word, more] = verdict(state);
  if (status.dataset.level !== level) status.dataset.level = level;
  setText(byId("status-word"), word);
  setText(byId("status-more"), more);
  tellBanner(state);
}

function verdict(state) {
  if (unheard) return ["bad", "STOP not heard", "use the robot's own switch"];
  if (!known.linked && state?.stop) return ["bad", "Stopped", "the service is silent"];
  if (!known.linked) return ["bad", "No connection", state ? "what is shown is old" : "trying again"];
  if (!state || !known.setup) return ["wait", "Connecting", ""];
  if (state.stop) return ["bad", "Stopped", `by ${state.stop.by || "an unknown hand"}`];
  const zones = Object.entries(state.zones).map(([name, metres]) => [name, ...nearness(metres, known.setup?.zones[name]?.kind, known.setup)]);
  const inside = zones.find(([, level]) => level === "bad");
  if (inside) return ["bad", "Inside a zone", inside[0]];
  if (state.battery !== null && state.battery < 0.2) return ["warn", "Battery low", `${Math.round(state.battery * 100)} %`];
  const near = zones.find(([, level]) => level === "warn");
  if (near) return ["warn", "Near a zone", near[0]];
  const slowing = zones.find(([, , word]) => word === "slows");
  if (slowing && state.moving) return ["warn", "Moving slowly", `near ${slowing[0]}`];
  if (state.pending) return ["warn", "Limits wait", "a looser profile needs a rearm"];
  if (state.moving) return ["good", "Moving", state.moving];
  return ["good", "Ready", ""];
}

function tellBanner(state) {
  let [level, word, more, go, label] = ["", "", "", "", ""];
  if (unheard) [level, word, more] = ["bad", "The stop was not heard.", "Use the robot's own switch, or `llmos robot stop` on its computer."];
  else if (state?.stop) {
    [level, word] = ["bad", "Software stop is latched:"];
    more = `${state.stop.reason || "no reason given"}${state.stop.since ? `, at ${clock(state.stop.since)}` : ""}. Make sure that the way is clear, then hold “Hold to rearm”.`;
  } else if (recovering) {
    [level, word, more] = [recovering.startsWith("Rearmed") ? "good" : "bad", recovering, ""];
    if (recovering.startsWith("Rearmed")) [go, label] = ["home", "Go home"];
  } else if (state?.pending) {
    [level, word, more] = ["warn", "A looser profile waits.", "Its limits do not count before a person rearms and names it."];
    [go, label] = ["zones", "Look at it"];
  }
  banner.hidden = !level;
  banner.dataset.level = level;
  setText(byId("banner-word"), word);
  setText(byId("banner-more"), more);
  next.hidden = !go;
  next.dataset.go = go;
  setText(next, label);
}

export const rearmNaming = (hash) => post("/cockpit/rearm", { profile_hash: hash });
