// Passkeys: form[data-passkey="get" | "create"] asks data-options for a challenge, lets the device answer it, fills in its hidden
// fields and is sent as a plain form. Where the browser has no passkeys the form stays hidden.
const TEXTS = {
  NotAllowedError: "That was cancelled, or it took too long. Please try again.",
  AbortError: "That was cancelled. Please try again.",
  InvalidStateError: "This device already holds a passkey for your account.",
  NotSupportedError: "This device cannot make such a passkey.",
  SecurityError: "Passkeys do not work at this address of the shop.",
};
const OFFLINE = "No connection. Please try again.";
const FAILED = "That did not work. Please try again.";

if (window.PublicKeyCredential && isSecureContext) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => start(event, form));
  }
  document.querySelector("[data-passkey-missing]")?.remove();
}

async function start(event, form) {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  if (button.hasAttribute("data-busy")) return;
  button.setAttribute("data-busy", "");
  say(form, "error", "");
  form.querySelector("[data-passkey-status]").hidden = false;
  try {
    const asked = await challenge(form);
    const answer = await devices[form.dataset.passkey](asked.public_key);
    fill(form, { ceremony: asked.ceremony, ...answer });
    form.submit();
  } catch (error) {
    button.removeAttribute("data-busy");
    form.querySelector("[data-passkey-status]").hidden = true;
    say(form, "error", error instanceof Refused ? error.message : TEXTS[error.name] || FAILED);
  }
}

class Refused extends Error {}

async function challenge(form) {
  const password = form.elements.current_password;
  const options = { method: "POST", headers: { Accept: "application/json" } };
  if (form.dataset.passkey === "create") {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(password ? { current_password: password.value } : {});
  }
  const answer = await fetch(form.dataset.options, options).catch(() => {
    throw new Refused(OFFLINE);
  });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const first = body.errors?.[0];
  throw new Refused(first ? `Your password: ${first.detail}` : body.detail || FAILED);
}

const devices = {
  async get(options) {
    const publicKey = { ...options, challenge: bytes(options.challenge) };
    const { id, response } = await navigator.credentials.get({ publicKey });
    return {
      id,
      client_data_json: text(response.clientDataJSON),
      authenticator_data: text(response.authenticatorData),
      signature: text(response.signature),
      user_handle: text(response.userHandle),
    };
  },
  async create(options) {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((known) => ({ ...known, id: bytes(known.id) })),
    };
    const { id, response } = await navigator.credentials.create({ publicKey });
    return {
      id,
      client_data_json: text(response.clientDataJSON),
      attestation_object: text(response.attestationObject),
      transports: response.getTransports?.() ?? [],
    };
  },
};

function fill(form, values) {
  if (form.elements.current_password) form.elements.current_password.disabled = true;
  for (const transport of values.transports ?? []) {
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "transports", value: transport });
    form.append(field);
  }
  for (const field of form.querySelectorAll("[data-passkey-field]")) {
    field.value = values[field.name];
    field.disabled = false;
  }
}

function say(form, kind, words) {
  const place = form.querySelector(`[data-passkey-${kind}]`);
  place.textContent = words;
  place.hidden = !words;
}

function bytes(base64url) {
  const binary = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer ?? []));
  return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
