// The live line: one WebSocket with the robot's state and the events of all runs; it comes back by itself.
import { known, tell } from "./store.js";

const SILENCE_MS = 1500;
const SOON_MS = 400;
const LATEST_MS = 4000;
let wait = SOON_MS;

export function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/cockpit/live`);
  socket.onopen = () => {
    wait = SOON_MS;
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    known.heardAt = performance.now();
    if (!known.linked) link(true);
    if (message.type in { setup: 1, state: 1, spent: 1, beat: 1 }) tell(message.type, message);
  };
  socket.onclose = () => {
    link(false);
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, LATEST_MS);
  };
}

function link(linked) {
  known.linked = linked;
  tell("link", linked);
}

// A socket can be open and silent: then what is shown is old, and the status says so.
setInterval(() => {
  if (known.linked && performance.now() - known.heardAt > SILENCE_MS) link(false);
}, 500);
