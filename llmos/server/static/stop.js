// STOP: one press or the space bar, at any time; when the stop is latched the same place rearms, and needs a hold.
// Imports nothing that could fail to load, so that STOP works when the rest of the page does not.
const HOLD_MS = 1000;
const form = document.getElementById("stop-form");
const button = document.getElementById("stop");
const word = document.getElementById("stop-word");
const key = document.getElementById("stop-key");
const help = document.getElementById("stop-help");
const ownPath = document.querySelector('meta[name="llmos-stop"]').content;

let latched = false;
let holding = 0;
let offeredAt = -Infinity;

export function stop() {
  // Two ways at once: one of them depends on nobody's event loop. Either is enough, and twice is as good as once.
  const ways = [fetch("/emergency", { method: "POST", credentials: "same-origin", keepalive: true })];
  if (ownPath) ways.push(fetch(ownPath, { method: "POST", mode: "no-cors", credentials: "omit", keepalive: true }));
  Promise.any(ways.map((way) => way.then((answer) => (answer.ok || answer.type === "opaque" ? answer : Promise.reject(answer)))))
    .then((answer) => (answer.type === "opaque" ? {} : answer.json()))
    .then((detail) => document.dispatchEvent(new CustomEvent("llmos:stopped", { detail })))
    .catch(() => document.dispatchEvent(new CustomEvent("llmos:stop-unheard")));
}

async function rearm() {
  // Not /reset: that one homes the robot when somebody else has rearmed it a moment before.
  const answer = await fetch("/cockpit/rearm", {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json" },
    body: "{}",
  }).catch(() => null);
  const body = answer ? await answer.json().catch(() => ({})) : { reason: "The service cannot be reached." };
  document.dispatchEvent(new CustomEvent("llmos:rearmed", { detail: { ok: Boolean(answer?.ok), body } }));
}

export function setLatched(now) {
  if (now === latched) return;
  latched = now;
  button.dataset.turn = now ? "rearm" : "stop";
  word.textContent = now ? "Hold to rearm" : "STOP";
  key.textContent = now ? "one second" : "space";
  help.textContent = now
    ? "Stopped. Hold for one second to permit motion again; nothing moves by itself."
    : "Software stop. The space bar does the same, except while you type.";
  release();
}

function press() {
  if (!latched || holding) return;
  button.classList.add("held");
  holding = setTimeout(() => {
    release();
    rearm();
  }, HOLD_MS);
}

function release() {
  clearTimeout(holding);
  holding = 0;
  button.classList.remove("held");
}

form.addEventListener("submit", (event) => event.preventDefault()); // without this script the form itself stops

// A finger or mouse stops on its way down. Its way up means nothing: it may end the hold that has just rearmed.
button.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  if (!latched) return stop();
  button.setPointerCapture(event.pointerId);
  press();
});
for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(end, release);
button.addEventListener("contextmenu", (event) => event.preventDefault());

// The Enter key, and assistive technology, which cannot hold: to rearm it activates twice, one to eight seconds apart.
button.addEventListener("click", (event) => {
  if (event.detail !== 0) return;
  if (!latched) return stop();
  const since = performance.now() - offeredAt;
  if (since < HOLD_MS) return;
  if (since <= 8 * HOLD_MS) return rearm();
  offeredAt = performance.now();
  help.textContent = "Activate once more, after a second, to permit motion again.";
});

const TYPING = 'input:not([type="checkbox"], [type="radio"], [type="button"], [type="range"]), textarea, select, [contenteditable="true"]';

export function watchKeys(target) {
  target.addEventListener("keydown", onKey, { capture: true });
  target.addEventListener("keyup", offKey, { capture: true });
}

function onKey(event) {
  const typing = event.target.matches?.(TYPING);
  if (event.key === "Escape" && typing) {
    event.target.blur(); // from here on the space bar stops
    return;
  }
  if (event.code === "Space" && !typing) {
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) stop();
    return;
  }
  if (event.key === "Enter" && event.target === button && (latched || event.repeat)) {
    event.preventDefault(); // a key that is still down when the stop is cleared must not stop again
    if (latched && !event.repeat) press();
  }
}

function offKey(event) {
  if (event.code === "Space" && !event.target.matches?.(TYPING)) event.preventDefault(); // no click of what has the focus
  if (event.key === "Enter" && event.target === button) release();
}

watchKeys(window);
