// The wizard: after a step the focus goes where the work goes on, and errors are not left out of sight.

document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.detail.elt.closest?.("[data-review]");
  if (button) button.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", () => {
  document.querySelector("[data-review][aria-busy]")?.removeAttribute("aria-busy");
});

document.addEventListener("htmx:afterSettle", (event) => {
  const wizard = document.getElementById("wizard");
  if (!wizard || event.detail.elt !== wizard) return;
  const wrong = wizard.querySelector("[aria-invalid=true]");
  if (wrong) {
    wrong.closest("details")?.setAttribute("open", "");
    return wrong.focus();
  }
  const parameters = event.detail.requestConfig?.parameters;
  const step = String(parameters?.step ?? parameters?.get?.("step") ?? "");
  if (step === "custom" || step.startsWith("product")) {
    wizard.querySelector(".line:last-of-type input:not([type=hidden])")?.focus();
  } else if (step === "contact:" || step === "company:") {
    wizard.querySelector(`#find_${step.slice(0, -1)}`)?.focus();
  } else if (step === "new-contact") {
    wizard.querySelector(".create__new input:not([type=hidden])")?.focus();
  } else if (step.startsWith("contact")) {
    wizard.querySelector("#line-items input:not([type=hidden])")?.focus();
  }
});
