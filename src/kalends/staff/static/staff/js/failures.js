// A request of htmx that got no proper answer: said in place of what should have come.

const template = document.getElementById("request-failed");

function tell(event) {
  if (!template) return;
  const said = template.content.cloneNode(true);
  const target = event.detail.target;
  const dialog = document.getElementById("dialog");
  if (target && target.matches("#panel, #dialog")) {
    target.replaceChildren(said);
    if (target === dialog && !dialog.open) dialog.showModal();
    if (target !== dialog) target.setAttribute("data-open", "");
  } else if (dialog && !dialog.open) {
    dialog.replaceChildren(said);
    dialog.showModal();
  }
}

for (const kind of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(kind, tell);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-reload]")) location.reload();
});
