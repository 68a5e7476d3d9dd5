// Moving by hand: a direction moves the robot for as long as it is held; every 100 ms the lease is renewed.
// When the page, the line or the finger goes, the lease runs out and the robot decelerates.
import { byId, make } from "./dom.js";
import { known, on } from "./store.js";
import { perform } from "./move.js";

const RENEW_MS = 100;
const WAYS = [
  ["forward", "Forward", "+Y", { dy: 1 }, "ArrowUp"],
  ["left", "Left", "−X", { dx: -1 }, "ArrowLeft"],
  ["right", "Right", "+X", { dx: 1 }, "ArrowRight"],
  ["back", "Back", "−Y", { dy: -1 }, "ArrowDown"],
  ["up", "Up", "+Z", { dz: 1 }, "PageUp"],
  ["down", "Down", "−Z", { dz: -1 }, "PageDown"],
  ["ccw", "Turn counter-clockwise", "↺ θ", { dtheta_deg: 1 }, "["],
  ["cw", "Turn clockwise", "↻ θ", { dtheta_deg: -1 }, "]"],
];

let socket = null;
let held = null;
let renewing = 0;
let saying = null;

export function start() {
  const pad = make("div", { class: "pad", role: "group", "aria-label": "Hold to move; with the pad in focus the arrow keys move too" });
  const buttons = {};
  for (const [name, label, sign, way, key] of WAYS) {
    const button = make("button", { type: "button", class: name, "aria-label": `${label}, hold to move`, title: `${label} (${key})` }, sign);
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      hold(button, way);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) button.addEventListener(end, letGo);
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    buttons[key] = [button, way];
    pad.append(button);
  }
  const home = make("button", { type: "button", class: "home", title: "Go home", onclick: () => perform("go_home", {}) }, "Home");
  const grip = make("button", { type: "button", class: "grip", id: "grip", onclick: () => perform("toggle_tool", { activate: !known.state?.gripper_closed }) }, "Close gripper");
  pad.append(home, grip);
  pad.addEventListener("keydown", (event) => {
    const found = buttons[event.key] ?? (event.key === "Enter" && Object.values(buttons).find(([button]) => button === event.target));
    if (!found) return;
    event.preventDefault();
    if (!event.repeat) hold(...found);
  });
  pad.addEventListener("keyup", letGo);
  pad.addEventListener("focusout", letGo);
  window.addEventListener("blur", letGo);
  document.addEventListener("visibilitychange", letGo);
  saying = make("p", { class: "ruling", id: "jog-ruling", "aria-live": "polite" });
  saying.style.minHeight = "0";
  byId("jog").append(pad, saying);
  on("state", ({ gripper_closed }) => {
    grip.textContent = gripper_closed ? "Open gripper" : "Close gripper";
  });
}

function open() {
  if (socket && socket.readyState <= WebSocket.OPEN) return socket;
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/cockpit/jog`);
  socket.onmessage = ({ data }) => {
    const { reason, suggestion } = JSON.parse(data);
    saying.textContent = reason ? `${reason}${suggestion ? `; ${suggestion}` : ""}` : "";
  };
  socket.onclose = letGo;
  return socket;
}

function hold(button, way) {
  letGo();
  held = button;
  saying.textContent = "";
  button.classList.add("held");
  const line = open();
  const renew = () => line.readyState === WebSocket.OPEN && line.send(JSON.stringify(way));
  if (line.readyState === WebSocket.CONNECTING) line.addEventListener("open", () => held === button && renew(), { once: true });
  renew();
  renewing = setInterval(renew, RENEW_MS);
}

function letGo() {
  if (!held) return;
  clearInterval(renewing);
  held.classList.remove("held");
  held = null;
  if (socket?.readyState === WebSocket.OPEN) socket.send("{}");
}
