// Passkeys: what the server asks is handed to the browser, and what the browser signs goes back.

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const token = (place) => place.querySelector("[name=csrfmiddlewaretoken]").value;

function send(address, place, body) {
  const headers = { "X-CSRFToken": token(place) };
  if (typeof body === "string") headers["Content-Type"] = "application/json";
  return fetch(address, { method: "POST", headers, body });
}

const descriptors = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

async function signed(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: descriptors(options.allowCredentials) };
  const made = await navigator.credentials.get({ publicKey });
  const { authenticatorData, clientDataJSON, signature, userHandle } = made.response;
  return {
    id: made.id, rawId: text(made.rawId), type: made.type,
    response: { authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature), userHandle: userHandle ? text(userHandle) : null },
  };
}

async function created(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: descriptors(options.excludeCredentials) };
  const made = await navigator.credentials.create({ publicKey });
  const { attestationObject, clientDataJSON } = made.response;
  return { id: made.id, rawId: text(made.rawId), type: made.type, response: { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON) } };
}

function tell(place, words) {
  const problem = place.querySelector(".passkey__problem");
  problem.textContent = words ?? problem.dataset.refused;
}

async function signIn(place) {
  tell(place, "");
  try {
    const options = await (await send(`${place.dataset.passkey}/options`, place)).json();
    const credential = await signed(options);
    const answer = await send(place.dataset.passkey, place, JSON.stringify({ credential, next: place.dataset.next }));
    const told = await answer.json();
    if (answer.ok) location.assign(told.next);
    else tell(place, told.problem);
  } catch {
    tell(place);
  }
}

async function add(form) {
  tell(form, "");
  try {
    const asked = await send(form.dataset.options, form, new FormData(form));
    if (asked.redirected) return location.assign(asked.url); // this session is to prove its second factor first
    const options = await asked.json();
    if (!asked.ok) return tell(form, options.problem);
    const credential = await created(options);
    const answer = await send(form.dataset.newPasskey, form, JSON.stringify({ credential }));
    if (!answer.ok) return tell(form, (await answer.json()).problem);
    // The page with the recovery codes, which are told only now, takes the place of this one.
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.getElementById("main").replaceWith(page.getElementById("main"));
    document.getElementById("main").scrollTop = 0;
    document.getElementById("main").focus();
    begin();
  } catch {
    tell(form);
  }
}

function begin() {
  if (!window.PublicKeyCredential) return;
  for (const place of document.querySelectorAll("[data-passkey]")) {
    place.hidden = false;
    place.querySelector("button").addEventListener("click", () => signIn(place));
  }
  for (const form of document.querySelectorAll("[data-new-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      add(form);
    });
  }
}

begin();
