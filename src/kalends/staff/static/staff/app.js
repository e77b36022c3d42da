// What the keyboard does on staff pages. Pages work without it.

const typing = (element) => element.matches("input, select, textarea, [contenteditable]");

function move(step) {
  const rows = [...document.querySelectorAll("[data-rows] [data-row-link]")];
  if (rows.length === 0) return false;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
  return true;
}

function focusSearch() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

const KEYS = { "/": focusSearch, j: () => move(1), k: () => move(-1) };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (KEYS[event.key.toLowerCase()]?.()) event.preventDefault();
});

// The rail of cycles opens at the next payment.
for (const next of document.querySelectorAll(".rail [data-s=next]")) {
  const rail = next.parentElement;
  rail.scrollLeft = next.offsetLeft - rail.clientWidth * 0.6;
}

// A whole row leads to its record; the link in it stays the link for keyboards and screen readers.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-rows] tr");
  if (!row || event.target.closest("a, button, input") || getSelection()?.toString()) return;
  const link = row.querySelector("[data-row-link]");
  if (link) event.metaKey || event.ctrlKey ? open(link.href) : link.click();
});
