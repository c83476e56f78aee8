// Passkeys: carries between the server and the browser what a key signs. Codes do without it.
const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (keys = []) => keys.map((key) => ({ ...key, id: bytes(key.id) }));

async function asked(form) {
  const written = document.getElementById("cle-options");
  const data = written
    ? JSON.parse(written.textContent)
    : await (await fetch(form.action, { headers: { Accept: "application/json" } })).json();
  return (data.creation_options ?? data.request_options).publicKey;
}

function create(options, alone) {
  const authenticatorSelection = {
    ...options.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    userVerification: alone ? "required" : "preferred",
  };
  return navigator.credentials.create({
    publicKey: {
      ...options,
      authenticatorSelection,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    },
  });
}

const prove = (options) =>
  navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: known(options.allowCredentials),
    },
  });

function said(credential) {
  const parts = PARTS.filter((part) => credential.response[part]);
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: Object.fromEntries(parts.map((part) => [part, text(credential.response[part])])),
  });
}

for (const form of window.PublicKeyCredential ? document.querySelectorAll("[data-cle]") : []) {
  const failure = form.querySelector("[data-cle-echec]");
  form.hidden = false;
  document.querySelector("[data-cle-absente]")?.remove();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failure.hidden = true;
    try {
      const options = await asked(form);
      const credential = form.dataset.cle === "creer"
        ? await create(options, form.elements.passwordless.checked)
        : await prove(options);
      form.elements.credential.value = said(credential);
      form.submit();
    } catch {
      failure.hidden = false;
    }
  });
}
