// What is typed while a step is under way is newer than the page that comes back, and is kept.
const kept = { sent: new Map(), typed: new Map() };
const keyOf = (field) => (/^(checkbox|radio)$/.test(field.type) ? `${field.name}=${field.value}` : field.name);
const stateOf = (field) => (/^(checkbox|radio)$/.test(field.type) ? field.checked : field.value);
const fieldsOf = (wizard) => [...wizard.elements].filter((each) => each.name && !/^(hidden|submit|button)$/.test(each.type));
const statesOf = (wizard) => new Map(fieldsOf(wizard).map((field) => [keyOf(field), stateOf(field)]));

document.addEventListener("htmx:beforeRequest", (event) => {
  const wizard = document.getElementById("wizard");
  if (wizard && event.detail.elt === wizard) kept.sent = statesOf(wizard);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const wizard = document.getElementById("wizard");
  kept.typed = new Map();
  if (!wizard || event.detail.requestConfig?.elt !== wizard) return;
  for (const [key, state] of statesOf(wizard)) {
    if (kept.sent.has(key) && kept.sent.get(key) !== state) kept.typed.set(key, state);
  }
});

document.addEventListener("htmx:afterSwap", () => {
  const wizard = document.getElementById("wizard");
  if (!wizard || kept.typed.size === 0) return;
  for (const field of fieldsOf(wizard)) {
    const key = keyOf(field);
    // Where the step itself changed a field (another row stands there now), its answer counts.
    if (!kept.typed.has(key) || stateOf(field) !== kept.sent.get(key)) continue;
    if (typeof kept.typed.get(key) === "boolean") field.checked = kept.typed.get(key);
    else field.value = kept.typed.get(key);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

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
  if (kept.typed.size > 0) return; // whoever types goes on where they are
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
