// The only script of the pages: asks the authenticator, puts its answer into the form, and sends the form.
"use strict";

(() => {
  const toBytes = (text) => {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(padded), (character) => character.charCodeAt(0));
  };
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const readIds = (list) => (list || []).map((item) => ({ ...item, id: toBytes(item.id) }));

  // Browsers from before 2025 can't read the options or write the answer themselves.
  const readCreation = (options) =>
    PublicKeyCredential.parseCreationOptionsFromJSON
      ? PublicKeyCredential.parseCreationOptionsFromJSON(options)
      : {
          ...options,
          challenge: toBytes(options.challenge),
          user: { ...options.user, id: toBytes(options.user.id) },
          excludeCredentials: readIds(options.excludeCredentials),
        };
  const readRequest = (options) =>
    PublicKeyCredential.parseRequestOptionsFromJSON
      ? PublicKeyCredential.parseRequestOptionsFromJSON(options)
      : { ...options, challenge: toBytes(options.challenge), allowCredentials: readIds(options.allowCredentials) };
  const write = (credential) => {
    if (credential.toJSON) {
      return credential.toJSON();
    }
    const answer = credential.response;
    const response = { clientDataJSON: toText(answer.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (answer[part]) {
        response[part] = toText(answer[part]);
      }
    }
    if (answer.getTransports) {
      response.transports = answer.getTransports();
    }
    return {
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: credential.getClientExtensionResults(),
      response,
    };
  };

  let waiting = null;

  const ask = async (form, mediation) => {
    if (waiting) {
      waiting.abort();
    }
    waiting = new AbortController();
    const options = JSON.parse(form.dataset.options);
    const call = { signal: waiting.signal };
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({ ...call, publicKey: readCreation(options) })
        : await navigator.credentials.get({ ...call, publicKey: readRequest(options), ...(mediation && { mediation }) });
    form.elements.namedItem("credential").value = JSON.stringify(write(credential));
    form.submit();
  };

  const prepare = (form) => {
    const status = form.querySelector("[role=status]");
    const button = form.querySelector("button[value=continue]");
    for (const part of document.querySelectorAll("[data-needs-passkeys]")) {
      part.hidden = false;
    }
    for (const part of document.querySelectorAll("[data-without-passkeys]")) {
      part.hidden = true;
    }
    form.addEventListener("submit", (event) => {
      if (event.submitter !== button) {
        return;
      }
      event.preventDefault();
      status.textContent = status.dataset.waiting;
      button.disabled = true;
      ask(form).catch(() => {
        status.textContent = status.dataset.failed;
        button.disabled = false;
        button.focus();
      });
    });
    if (form.dataset.suggest === "yes" && PublicKeyCredential.isConditionalMediationAvailable) {
      PublicKeyCredential.isConditionalMediationAvailable()
        .then((available) => available && ask(form, "conditional"))
        .catch(() => {}); // nobody was asked, so there is nothing to tell
    }
  };

  if (window.PublicKeyCredential && navigator.credentials) {
    document.querySelectorAll("form[data-passkey]").forEach(prepare);
  }
})();
