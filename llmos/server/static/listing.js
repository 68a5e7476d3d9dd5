// A page that lists documents by name on the left and shows one of them on the right.
import { make } from "./dom.js";
import { get } from "./api.js";

export class Listing {
  constructor(page, { title, path, rows, row, detail }) {
    Object.assign(this, { page, title, path, rows, row, detail });
  }

  async open(wanted) {
    const answer = await get(this.path);
    if (!answer.ok) {
      this.page.replaceChildren(make("div", { class: "page-head" }, make("h1", {}, this.title)), make("p", { class: "saying", data: { level: "bad" } }, answer.sentence));
      return;
    }
    const rows = this.rows(answer.body);
    this.shown = make("section", { class: "panel detail", "aria-live": "polite" }, make("p", { class: "empty" }, rows.length ? "Choose one on the left." : "There is nothing here yet."));
    const names = rows.length > 0 && make("div", { class: "panel names" }, rows.map((row) => this.button(row)));
    const head = make("div", { class: "page-head" }, make("h1", {}, this.title), make("p", {}, this.about?.(answer.body) ?? `${rows.length} ${this.title.toLowerCase()}`));
    this.page.replaceChildren(head, make("div", { class: "listing" }, names, this.shown));
    const first = rows.find((row) => this.row(row).key === wanted) ?? rows[0];
    if (first) this.choose(first);
  }

  button(row) {
    const { key, title, note, about } = this.row(row);
    const button = make("button", { type: "button", data: { key }, onclick: () => this.choose(row) }, make("span", { class: "title" }, make("span", {}, title), note && make("small", {}, note)), about && make("span", { class: "about" }, about));
    return button;
  }

  async choose(row) {
    const { key } = this.row(row);
    for (const button of this.page.querySelectorAll(".names button")) button.setAttribute("aria-current", String(button.dataset.key === key));
    this.shown.replaceChildren(...(await this.detail(row)).flat().filter(Boolean));
  }
}

export const facts = (pairs) =>
  make("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
