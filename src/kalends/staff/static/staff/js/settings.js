// Settings: the brand color shows while it is chosen, and a token is copied by a button.

document.addEventListener("input", (event) => {
  if (event.target.type !== "color") return;
  for (const shape of document.querySelectorAll("[data-brand-fill]")) shape.setAttribute("fill", event.target.value);
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return; // the words are selected: the keys for copying do the rest
  }
  button.querySelector("span").textContent = button.dataset.copied;
});

document.querySelector(".settings__nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
