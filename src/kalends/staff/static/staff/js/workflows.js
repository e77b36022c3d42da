// The editor of workflows: its dialogs take turns, and the filter builder in them reshapes its rows.

import "./index-finder.js";

// Another operator has other fields: the form is shown anew, and nothing is kept.
document.addEventListener("change", (event) => {
  if (event.target.matches("#dialog [data-reshape]")) event.target.form.querySelector("[data-again]")?.click();
});

// One dialog follows another in the same place: whoever uses the keyboard is taken along.
document.addEventListener("htmx:afterSettle", (event) => {
  const dialog = document.getElementById("dialog");
  if (!dialog?.open || !dialog.contains(event.target) || dialog.querySelector("[data-focus]")) return;
  if (dialog.contains(document.activeElement) && document.activeElement !== dialog) return;
  dialog.querySelector("form input:not([type=hidden]), form select, form textarea, .dialog__body a, .dialog__foot button")?.focus();
});
