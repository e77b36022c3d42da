// Settings: the brand color shows while it is chosen.

document.addEventListener("input", (event) => {
  if (event.target.type !== "color") return;
  for (const shape of document.querySelectorAll("[data-brand-fill]")) shape.setAttribute("fill", event.target.value);
});

document.querySelector(".settings__nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
