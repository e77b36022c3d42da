// The one dialog: whatever htmx puts into it is shown; closing it gives the focus back to where it came from.

const dialog = document.getElementById("dialog");
let opener = null;

export function closeDialog() {
  if (dialog?.open) dialog.close();
}

function show() {
  if (!dialog.firstElementChild) return closeDialog();
  if (!dialog.open) {
    opener = document.activeElement;
    dialog.showModal();
  }
  dialog.querySelector("[aria-invalid=true], [autofocus]")?.focus();
}

if (dialog) {
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === dialog) show();
  });
  document.addEventListener("dialog-close", closeDialog);
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    if (opener?.isConnected) opener.focus();
    opener = null;
  });
  dialog.addEventListener("click", (event) => {
    const outside = event.target === dialog && !dialog.querySelector("form");
    if (!outside && !event.target.closest("[data-close]")) return;
    event.preventDefault();
    closeDialog();
  });
}
