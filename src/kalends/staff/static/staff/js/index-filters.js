// Advanced filters act at once: a value refreshes the list, another operator reshapes its row first.

import { onKey } from "./keys.js";

const WAIT_MS = 400;
let waiting = 0;
let applied = "";
let running = null;

const form = () => document.getElementById("filter-form");

// What was applied already is not asked for again, when a field that was typed into is left.
function refresh() {
  clearTimeout(waiting);
  const sent = form();
  if (!sent) return;
  const given = new FormData(sent);
  const wanted = new URLSearchParams(given).toString();
  if (wanted === applied) return;
  applied = wanted;
  const values = Object.fromEntries([...new Set(given.keys())].map((name) => [name, given.getAll(name)]));
  window.htmx.ajax("GET", sent.dataset.live, { target: "#index", swap: "outerHTML show:none", values });
}

// Whoever goes to another list meanwhile wants that one.
document.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.target?.id !== "index") return;
  running?.abort();
  running = event.detail.requestConfig.path.includes("/filters/apply") ? event.detail.xhr : null;
  if (!running) clearTimeout(waiting);
});

document.addEventListener("change", (event) => {
  if (!form()?.contains(event.target)) return;
  if (event.target.matches("[data-reshape]")) form().requestSubmit();
  else if (event.target.matches("[data-live-field]")) refresh();
});
document.addEventListener("input", (event) => {
  if (!event.target.matches("#filter-form [data-live-field]") || event.target.matches("select, [type=checkbox]")) return;
  clearTimeout(waiting);
  waiting = setTimeout(refresh, WAIT_MS);
});
onKey("f", () => {
  const link = document.querySelector("[data-key-f]");
  link?.click();
  return Boolean(link);
});

// A link that leads to the list with its filters open, such as to those of a segment.
window.addEventListener("load", () => {
  if (window.location.hash === "#advanced") document.getElementById("advanced")?.click();
});

// Another list beside an open panel: the panel is about that one then.
document.addEventListener("htmx:afterSettle", (event) => {
  const { target, pathInfo } = event.detail;
  if (!["index", "results"].includes(target?.id) || pathInfo?.requestPath?.includes("/apply")) return;
  applied = "";
  if (form()) document.getElementById("advanced")?.click();
  else if (document.getElementById("column-form")) document.getElementById("columns")?.click();
});
