// What a page does a little better with a script than without; every page works without this.
for (const control of document.querySelectorAll("[data-refresh]")) {
  const button = control.form?.querySelector(`[name="${control.dataset.refresh}"]`);
  if (!button) continue;
  button.hidden = true;
  control.addEventListener("change", () => control.form.requestSubmit(button));
}

// A second click while the first is under way is held back; the server would take it for the same one anyway.
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", event => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  }
});
