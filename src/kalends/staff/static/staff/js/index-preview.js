// The preview beside the list: Space shows the row that has the focus, J and K move on and the panel follows.

import { isPanelOpen } from "./panel.js";
import { onKey } from "./keys.js";
import { links } from "./rows.js";

const shown = () => document.querySelector("#panel [data-previewed]")?.dataset.previewed;

function preview(link) {
  link?.closest("tr")?.querySelector("[data-peek]")?.click();
}

function mark() {
  const id = isPanelOpen() ? shown() : null;
  for (const row of document.querySelectorAll("[data-rows] tr")) {
    if (id && row.dataset.id === id) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

onKey(" ", () => {
  const link = document.activeElement?.closest("[data-rows] tr")?.querySelector("[data-row-link]");
  if (!link) return false;
  preview(link);
  return true;
});

document.addEventListener("row-focus", (event) => {
  if (isPanelOpen() && shown()) preview(event.target);
});
document.addEventListener("click", (event) => {
  const step = event.target.closest("#panel [data-step]");
  if (!step) return;
  const now = document.querySelector("[data-rows] tr[aria-current] [data-row-link]");
  const rows = links();
  const next = rows[Math.min(Math.max(rows.indexOf(now) + Number(step.dataset.step), 0), rows.length - 1)];
  if (!next) return;
  next.scrollIntoView({ block: "nearest" });
  preview(next);
});
document.addEventListener("htmx:afterSettle", mark);
document.addEventListener("panel-closed", mark);
