// Widths and frozen columns, and choosing both: the address keeps what the hand has done.

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const table = () => document.querySelector("[data-table]");
const headings = () => [...(table()?.querySelectorAll("thead th") ?? [])];

function layOut() {
  const rules = [];
  const cells = headings();
  cells.forEach((cell, index) => {
    const width = Number(cell.dataset.width ?? 0);
    if (!width) return;
    const at = `.dt--index tr > :nth-child(${index + 1})`;
    rules.push(`${at} { width:${width}px; min-width:${width}px; max-width:${width}px; overflow:hidden; text-overflow:ellipsis }`);
  });
  sheet.replaceSync(wide(rules));
  freeze(rules, cells);
}

// On a phone rows are entries, without columns.
const wide = (rules) => `@media (min-width:761px) { ${rules.join("\n")} }`;

function freeze(rules, cells) {
  const frozen = Number(table()?.dataset.frozen ?? 1);
  let left = 0;
  cells.slice(0, frozen + 1).forEach((cell, index) => {
    rules.push(`.dt--index tr > :nth-child(${index + 1}) { position:sticky; left:${left}px; z-index:2 }`);
    rules.push(`.dt--index thead tr > :nth-child(${index + 1}) { z-index:4 }`);
    left += cell.getBoundingClientRect().width;
  });
  if (frozen === 0) rules.push(".dt--index tr > .c-name, .dt--index tr > .c-check { position:static }");
  sheet.replaceSync(wide(rules));
}

function keep() {
  const values = { ...stored(), col: headings().filter((cell) => cell.dataset.column && !cell.matches(".c-name")).map(word) };
  window.htmx.ajax("GET", `${document.getElementById("index").dataset.base}/columns/apply`, { target: "#index", swap: "outerHTML show:none", values });
}

const word = (cell) => (cell.dataset.width ? `${cell.dataset.column}:${cell.dataset.width}` : cell.dataset.column);

function stored() {
  const fields = [...document.querySelectorAll("#selection > input[type=hidden]")].filter((field) => !["cols", "frozen"].includes(field.name));
  const values = {};
  for (const field of fields) (values[field.name] ??= []).push(field.value);
  values.freeze = table().dataset.frozen;
  return values;
}

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-resize]");
  if (!handle) return;
  event.preventDefault();
  const cell = handle.closest("th");
  const begin = event.clientX;
  const width = cell.getBoundingClientRect().width;
  handle.setPointerCapture(event.pointerId);
  const move = (moved) => {
    cell.dataset.width = String(Math.round(Math.min(Math.max(width + moved.clientX - begin, 60), 800)));
    layOut();
  };
  handle.addEventListener("pointermove", move);
  handle.addEventListener("pointerup", () => {
    handle.removeEventListener("pointermove", move);
    if (cell.dataset.width) keep();
  }, { once: true });
});

// The chooser: by hand or by buttons.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  const item = button?.closest("li");
  if (!item) return;
  const other = button.dataset.move === "-1" ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (button.dataset.move === "-1") other.before(item);
  else other.after(item);
  button.focus();
});
let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.("[data-sortable] > li") ?? null;
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.("[data-sortable] > li");
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  if (event.clientY < box.top + box.height / 2) over.before(dragged);
  else over.after(dragged);
});
document.addEventListener("dragend", () => { dragged = null; });

document.addEventListener("htmx:afterSettle", layOut);
addEventListener("resize", layOut);
layOut();
