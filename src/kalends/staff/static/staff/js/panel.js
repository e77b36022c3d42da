// The side panel: whatever htmx puts into it is shown, and the page beside it stays live.

import { onKey } from "./keys.js";

const panel = document.getElementById("panel");
let opener = null;

export const isPanelOpen = () => Boolean(panel?.hasAttribute("data-open"));

export function closePanel() {
  if (!isPanelOpen()) return false;
  const inside = panel.contains(document.activeElement);
  panel.removeAttribute("data-open");
  panel.replaceChildren();
  if (inside && opener?.isConnected) opener.focus();
  document.dispatchEvent(new CustomEvent("panel-closed"));
  return true;
}

if (panel) {
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === panel && !isPanelOpen()) opener = event.detail.elt;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === panel) panel.toggleAttribute("data-open", Boolean(panel.firstElementChild));
  });
  document.addEventListener("panel-close", closePanel);
  panel.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    closePanel();
  });
  onKey("Escape", closePanel);
}
