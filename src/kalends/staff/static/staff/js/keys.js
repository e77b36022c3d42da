// Keys of a page. Single keys are off while a field has the focus or a dialog is open.

const actions = new Map();
let first = "";
let forgotten = 0;

// What a key does: "j", "?", "Shift+X", or two in a row: "g s". It returns false if there was nothing to do.
export function onKey(keys, action) {
  actions.set(keys, action);
}

export const isTyping = (element) => element.matches("input, select, textarea, [contenteditable]");

const nameOf = (event) => (event.key.length > 1 || !event.shiftKey || event.key.toLowerCase() === event.key.toUpperCase() ? event.key : `Shift+${event.key.toUpperCase()}`);

function did(keys) {
  const action = actions.get(keys);
  return Boolean(action) && action() !== false;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape" && !event.target.closest("dialog, [popover]")) event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open], [popover]:popover-open:not(#nav)")) return;
  if (document.body.dataset.singleKeys === "off" && !["Escape", "Enter"].includes(event.key)) return;
  const key = nameOf(event);
  const both = `${first} ${key}`;
  clearTimeout(forgotten);
  if (first && actions.has(both)) {
    first = "";
    if (did(both)) event.preventDefault();
    return;
  }
  first = [...actions.keys()].some((each) => each.startsWith(`${key} `)) ? key : "";
  forgotten = setTimeout(() => { first = ""; }, 1200);
  if (did(key)) event.preventDefault();
});

onKey("/", () => {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select();
  return Boolean(field);
});
