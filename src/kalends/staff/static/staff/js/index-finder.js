// Finding in a long menu: a search field hides what does not match; nothing is fetched.

function find(field) {
  const finder = field.closest("[data-finder]");
  const wanted = field.value.trim().toLocaleLowerCase();
  let found = 0;
  for (const item of finder.querySelectorAll("[data-item]")) {
    item.hidden = wanted !== "" && !item.textContent.toLocaleLowerCase().includes(wanted);
    if (!item.hidden) found += 1;
  }
  for (const section of finder.querySelectorAll("[data-section]")) {
    section.hidden = !section.querySelector("[data-item]:not([hidden])");
  }
  const none = finder.querySelector("[data-none]");
  if (none) none.hidden = found > 0;
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-find]")) find(event.target);
});
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.("[data-find]")) return;
  const items = [...event.target.closest("[data-finder]").querySelectorAll("[data-item]:not([hidden])")];
  if (event.key === "Enter") event.preventDefault();
  if (event.key === "ArrowDown" || (event.key === "Enter" && items.length === 1)) {
    const first = items[0]?.matches("button, a, input") ? items[0] : items[0]?.querySelector("button, a, input");
    event.preventDefault();
    if (event.key === "Enter") first?.click();
    else first?.focus();
  }
});
document.addEventListener("htmx:afterSettle", (event) => event.target.querySelector?.("[data-focus]")?.focus());
