// Starts the parts and shows the page that the address names. STOP is not among them: it has started by itself.
import { byId } from "./dom.js";
import * as actions from "./actions.js";
import * as command from "./command.js";
import * as instruments from "./instruments.js";
import * as jog from "./jog.js";
import * as library from "./library.js";
import { connect } from "./live.js";
import * as move from "./move.js";
import * as runs from "./runs.js";
import * as status from "./status.js";
import * as teach from "./teach.js";
import * as views from "./views.js";
import * as zones from "./zones.js";

const PAGES = ["drive", "agents", "skills", "volumes", "runs", "zones"];

function turn() {
  const asked = location.hash.replace(/^#\/?/, "");
  const page = PAGES.includes(asked) ? asked : "drive";
  for (const each of PAGES) byId(each).hidden = each !== page;
  for (const link of document.querySelectorAll(".tabs a")) {
    if (link.hash === `#/${page}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  window.scrollTo(0, 0);
  if (page === "runs") runs.open();
  else if (page === "zones") zones.open();
  else library.open(page);
}

for (const part of [status, instruments, views, move, jog, command, actions, teach, library, zones]) part.start();
window.addEventListener("hashchange", turn);
turn();
connect();
