// Colours: as the system has them, or as a person chose; remembered in this browser only.
const ORDER = ["auto", "dark", "light"];
const SAYS = { auto: "as the system has them", dark: "dark", light: "light" };
const button = document.getElementById("theme");

function remembered() {
  try {
    return localStorage.getItem("llmos-theme") ?? "auto";
  } catch {
    return "auto"; // a browser that keeps nothing
  }
}

function show(theme) {
  const known = ORDER.includes(theme) ? theme : "auto";
  document.documentElement.dataset.theme = known;
  button.setAttribute("aria-label", `Colours: ${SAYS[known]}`);
  button.title = button.getAttribute("aria-label");
}

button.addEventListener("click", () => {
  const next = ORDER[(ORDER.indexOf(document.documentElement.dataset.theme) + 1) % ORDER.length];
  try {
    localStorage.setItem("llmos-theme", next);
  } catch {
    // shown now, forgotten later
  }
  show(next);
});

show(remembered());
