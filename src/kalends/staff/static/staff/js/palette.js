// The palette: a field and, below it, what the search page would list; arrows choose, Enter goes there.

import { onKey } from "./keys.js";

const palette = document.getElementById("palette");
const keys = document.getElementById("keys");
const words = document.getElementById("palette-words");
const hits = document.getElementById("palette-hits");
const count = document.getElementById("palette-count");
let waiting = 0;
let asked = 0;

const options = () => [...hits.querySelectorAll("[role=option]")];

function choose(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (option) {
    words.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else words.removeAttribute("aria-activedescendant");
}

async function ask() {
  const number = (asked += 1);
  const address = `${palette.dataset.searchAt}?${new URLSearchParams({ q: words.value })}`;
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (number !== asked || !answer?.ok) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  hits.replaceChildren(...found.body.childNodes);
  choose(options()[0]);
  const many = options().length;
  count.textContent = many === 1 ? count.dataset.one : `${count.dataset.many} ${many}`;
}

function open() {
  if (palette.open) return palette.close();
  if (document.querySelector("dialog[open]")) return undefined;
  palette.showModal();
  words.value = "";
  words.focus();
  return ask();
}

function step(by) {
  const every = options();
  const at = every.findIndex((each) => each.getAttribute("aria-selected") === "true");
  choose(every[(at + by + every.length) % every.length]);
}

if (palette) {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-palette], [data-keys]");
    if (opener) {
      event.preventDefault();
      document.querySelector("#nav:popover-open")?.hidePopover();
      document.querySelector("#user-menu:popover-open")?.hidePopover();
      if (opener.matches("[data-palette]")) open();
      else keys.showModal();
    } else if (event.target === palette || event.target === keys) event.target.close();
  });
  words.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  });
  words.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      hits.querySelector("[aria-selected=true]")?.click();
    }
  });
  onKey("?", () => keys.showModal());
}
