// What the checkout does a little better with a script: totals follow what is chosen, and the wait looks again by itself.
// Every number comes from the server's own page; without this a button asks for it.
const form = document.querySelector("[data-checkout]");

async function pageAt(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function takeOver(fresh) {
  for (const part of form.querySelectorAll("[data-live]")) {
    const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!other || part.isEqualNode(other)) continue;
    if (part.matches("input")) part.value = other.value;
    else part.replaceChildren(...other.childNodes);
  }
}

let latest = 0;
async function reckon() {
  const turn = ++latest;
  const chosen = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (/^(taken|quantity|price)-/.test(name)) chosen.set(name, value);
  }
  // An unticked box says nothing; this tells the server that something is chosen here at all.
  chosen.set("quantity-0", "");
  const fresh = await pageAt(`${form.getAttribute("action")}?${chosen}`).catch(() => null);
  if (fresh && turn === latest) takeOver(fresh);
}

if (form) {
  form.dataset.script = "yes";
  let soon;
  form.addEventListener("input", event => {
    if (!event.target.matches("[data-total]")) return;
    clearTimeout(soon);
    soon = setTimeout(reckon, 250);
  });
  document.querySelector("#problems")?.focus();
}

const waiting = document.querySelector("[data-look-again]");
if (waiting) {
  const heading = waiting.querySelector("h1").textContent;
  const look = async () => {
    const fresh = await pageAt(location.pathname).catch(() => null);
    if (fresh && fresh.querySelector("main h1")?.textContent !== heading) location.replace(location.pathname);
    else setTimeout(look, Number(waiting.dataset.lookAgain) * 1000);
  };
  setTimeout(look, Number(waiting.dataset.lookAgain) * 1000);
}
