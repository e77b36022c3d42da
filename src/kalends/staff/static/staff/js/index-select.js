// Selecting rows: one, a range, the page; how many are selected is said beside the actions.

import { isPanelOpen } from "./panel.js";
import { onKey } from "./keys.js";

const boxes = () => [...document.querySelectorAll("#selection [data-row]")];
const all = () => document.querySelector("#selection [data-all]");
let last = null;

function tell() {
  const rows = boxes();
  const chosen = rows.filter((box) => box.checked).length;
  const page = document.querySelector("[data-page]");
  if (page) {
    page.checked = chosen > 0 && chosen === rows.length;
    page.indeterminate = chosen > 0 && chosen < rows.length;
  }
  const said = document.querySelector("[data-selected]");
  if (said) said.textContent = chosen === 1 ? said.dataset.one : said.dataset.many.replace("#", String(chosen));
  if (chosen === 0 && all()) all().checked = false;
}

function choose(box, checked, range) {
  const rows = boxes();
  const from = rows.indexOf(last);
  const to = rows.indexOf(box);
  const span = range && from >= 0 ? rows.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  for (const each of span) each.checked = checked;
  last = box;
  tell();
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("#selection [data-row]");
  if (box) choose(box, box.checked, event.shiftKey);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-page]")) {
    for (const box of boxes()) box.checked = event.target.checked;
    tell();
  } else if (event.target.matches("[data-all]") && event.target.checked) {
    for (const box of boxes()) box.checked = true;
    tell();
  }
});
document.addEventListener("reset", (event) => {
  if (event.target.id === "selection") setTimeout(tell);
});
document.addEventListener("htmx:afterSettle", tell);
tell();

function ofFocus(range) {
  const box = document.activeElement?.closest("[data-rows] tr")?.querySelector("[data-row]");
  if (!box) return false;
  choose(box, range || !box.checked, range);
  return true;
}
onKey("x", () => ofFocus(false));
onKey("Shift+X", () => ofFocus(true));

// Escape closes what lies over the list first, and then lets go of the selection.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || isPanelOpen()) return;
  if (document.querySelector("dialog[open], [popover]:popover-open:not(#nav)") || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  if (boxes().some((box) => box.checked)) document.getElementById("selection").reset();
}, true);
