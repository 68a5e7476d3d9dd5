// Makes elements without markup in strings: text stays text, whoever wrote it.
const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

function filled(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const make = (tag, properties = {}, ...children) => filled(document.createElement(tag), properties, children);
export const draw = (tag, properties = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), properties, children);

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const number = (value, digits = 2) => {
  const shown = Number(value).toFixed(digits);
  return Number(shown) === 0 ? shown.replace("-", "") : shown.replace("-", "−"); // a true minus sign
};

export const dollars = (value) => `$${Number(value ?? 0).toFixed(value && value < 1 ? 4 : 2)}`;

export const clock = (at) =>
  at ? new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }) : "";

const plain = (value) => (typeof value === "number" ? number(value, 3).replace(/\.?0+$/, "") || "0" : shown(value));

// A command as it would be written; what a relative move leaves at nothing is left out.
export function called(verb, args) {
  const told = Object.entries(args ?? {}).filter(([name, value]) => name !== "verb" && !(verb === "move_relative" && value === 0));
  return `${verb}(${told.map(([name, value]) => `${name}: ${plain(value)}`).join(", ")})`;
}

const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));
