// What the page knows, and who wants to hear of it: `setup` and `spent` change rarely, `state` many times a second, `beat` is an event.
const listeners = { setup: new Set(), state: new Set(), spent: new Set(), beat: new Set(), link: new Set(), ghost: new Set(), target: new Set() };

export const known = { setup: null, state: null, spent: null, heardAt: 0, linked: false, ghost: null };

export function on(what, listener) {
  listeners[what].add(listener);
  if (known[what]) listener(known[what]);
}

export function tell(what, value) {
  if (what in known) known[what] = value;
  for (const listener of listeners[what]) listener(value);
}
