// Copying: a token, the address of a payment link, a piece of code.

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
