// Tabs: 1 to 9 open them, S saves the view, and dragging arranges them.

import { onKey } from "./keys.js";

const tabs = () => [...document.querySelectorAll("[data-tabs] [data-key]")];

for (let number = 1; number <= 9; number += 1) {
  onKey(String(number), () => {
    tabs()[number - 1]?.click();
    return tabs().length >= number;
  });
}
onKey("s", () => {
  const button = document.getElementById("save-view") ?? document.getElementById("save-view-as");
  button?.click();
  return Boolean(button);
});

let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-tabs] [data-key]") ?? null;
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-tabs] [data-key]");
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  if (event.clientX < box.left + box.width / 2) over.before(dragged);
  else over.after(dragged);
});
document.addEventListener("drop", (event) => {
  if (!dragged) return;
  event.preventDefault();
  const key = document.querySelector("[data-tabs] [aria-current]")?.dataset.key ?? "";
  const base = document.getElementById("index").dataset.base;
  window.htmx.ajax("POST", `${base}/views/tabs`, { target: "#index", swap: "none", values: { do: "order", key, order: tabs().map((tab) => tab.dataset.key) } });
});
document.addEventListener("dragend", () => { dragged = null; });
