// The form of a custom report: every change is shown at once. An answer that a later change has overtaken is not shown,
// since it would take that change away.

let changes = 0;
const sentAt = new WeakMap();

document.addEventListener("change", (event) => {
  const form = event.target.closest("#report-form");
  if (!form || event.target.matches("[data-find]")) return;
  changes += 1;
  form.requestSubmit();
});

document.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.elt.id === "report-form") sentAt.set(event.detail.xhr, changes);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const sent = sentAt.get(event.detail.xhr);
  if (sent !== undefined && sent !== changes) event.detail.shouldSwap = false;
});
