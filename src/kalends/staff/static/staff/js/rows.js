// Rows of tables: J and K walk through them, and a click anywhere on a row follows its link.

import { onKey } from "./keys.js";

export const links = () => [...document.querySelectorAll("[data-rows] [data-row-link]")];

// Moves the focus along the rows; returns the link that has it then.
export function walk(step) {
  const rows = links();
  if (rows.length === 0) return false;
  const at = rows.indexOf(document.activeElement);
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  next.dispatchEvent(new CustomEvent("row-focus", { bubbles: true }));
  return next;
}

onKey("j", () => walk(1));
onKey("k", () => walk(-1));

// The link in a row stays the link for keyboards and screen readers.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] tr");
  if (!row || event.target.closest("a, button, input, label") || getSelection()?.toString()) return;
  const link = row.querySelector("[data-row-link]");
  if (link) event.metaKey || event.ctrlKey ? open(link.href) : link.click();
});

// The rail of cycles opens at the next payment.
function showNext(within) {
  for (const next of within.querySelectorAll(".rail [data-s=next]")) {
    const rail = next.parentElement;
    rail.scrollLeft = next.offsetLeft - rail.clientWidth * 0.6;
  }
}
showNext(document);
document.addEventListener("htmx:load", (event) => showNext(event.target));
