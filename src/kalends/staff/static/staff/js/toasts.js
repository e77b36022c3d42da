// Toasts: done, in a few words; they leave after eight seconds unless the pointer or the focus rests on them.

const STAY_MS = 8000;
const region = document.getElementById("toasts");

export function toast(text, tone = "ok") {
  if (!region || !text) return;
  const element = document.createElement("p");
  element.className = "toast";
  element.dataset.tone = tone;
  element.textContent = text;
  if (tone === "bad") element.setAttribute("role", "alert");
  region.append(element);
  live(element);
}

function live(element) {
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn--sm btn--icon";
  close.setAttribute("aria-label", region.dataset.closeLabel);
  close.textContent = "\u00d7";
  close.addEventListener("click", () => element.remove());
  element.append(close);
  let timer = 0;
  const leave = () => { timer = setTimeout(() => element.remove(), STAY_MS); };
  const stay = () => clearTimeout(timer);
  element.addEventListener("pointerenter", stay);
  element.addEventListener("focusin", stay);
  element.addEventListener("pointerleave", leave);
  element.addEventListener("focusout", leave);
  leave();
}

for (const element of region?.querySelectorAll("[data-toast]") ?? []) live(element);
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone));
