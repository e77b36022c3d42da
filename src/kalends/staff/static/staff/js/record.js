// A record's page: E edits, Esc restores, J and K lead to the next and the previous record of the list one came from.

import "./index-finder.js";
import { onKey } from "./keys.js";
import { neighbors } from "./neighbors.js";
import { isPanelOpen } from "./panel.js";

const near = neighbors();
if (near) {
  document.querySelector("[data-list]").href = near.list;
  const shown = document.querySelector("[data-neighbors]");
  shown.hidden = false;
  for (const link of shown.querySelectorAll("[data-neighbor]")) {
    const to = link.dataset.neighbor === "1" ? near.after : near.before;
    if (to) link.href = to;
    else link.remove();
  }
}

function go(step) {
  const link = document.querySelector(`[data-neighbor="${step}"]`);
  if (!near || !link || isPanelOpen()) return false;
  location.assign(link.href);
  return true;
}
onKey("j", () => go("1"));
onKey("k", () => go("-1"));
onKey("e", () => {
  const edit = document.querySelector("[data-key-e]") ?? document.querySelector("[data-edit]");
  edit?.click();
  return Boolean(edit);
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.(".prop--edit");
  if (event.key !== "Escape" || !form) return;
  event.preventDefault();
  form.querySelector("[data-restore]").click();
});

// The focus stays at the property that was edited.
document.addEventListener("htmx:afterSwap", (event) => {
  const name = event.detail.requestConfig?.path?.match(/properties\/(\w+)(?:\/edit)?$/)?.[1];
  const line = name && document.querySelector(`[data-prop="${name}"]`);
  (line?.querySelector("[data-focus]") ?? line?.querySelector("[data-edit]"))?.focus();
});
