// What scripts add to pages that work without them: copying, passkeys, keys,
// showing at once what a choice does, waiting for a device, and not sending a
// form twice. Nothing is stored in the browser.

const within = (root, selector) => root.querySelectorAll(selector);

// Texts come from the page, which knows the reader's language.
function say(element, text) {
  const place = document.getElementById("said");
  if (place) place.textContent = text;
  if (element) element.textContent = text;
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = source.dataset.text ?? source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(source);
    document.execCommand("copy");
  }
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  say(label, button.dataset.done);
  setTimeout(() => { label.textContent = before; }, 2500);
}

const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const descriptors = (list) => (list ?? []).map((one) => ({ ...one, id: decode(one.id) }));

function creation(o) {
  return { ...o, challenge: decode(o.challenge), user: { ...o.user, id: decode(o.user.id) }, excludeCredentials: descriptors(o.excludeCredentials) };
}

function request(o) {
  return { ...o, challenge: decode(o.challenge), allowCredentials: descriptors(o.allowCredentials) };
}

// WebAuthn §5.1: the fields of a credential as JSON.
function credential(c) {
  const r = c.response;
  const response = { clientDataJSON: encode(r.clientDataJSON) };
  if (r.attestationObject) {
    response.attestationObject = encode(r.attestationObject);
    response.transports = r.getTransports?.() ?? [];
  } else {
    response.authenticatorData = encode(r.authenticatorData);
    response.signature = encode(r.signature);
    if (r.userHandle) response.userHandle = encode(r.userHandle);
  }
  return JSON.stringify({
    id: c.id, rawId: encode(c.rawId), type: c.type, response,
    authenticatorAttachment: c.authenticatorAttachment ?? undefined,
    clientExtensionResults: c.getClientExtensionResults(),
  });
}

// passkey asks the server for a challenge and the browser for the answer, puts
// it into the form and sends that.
async function passkey(form) {
  const button = form.querySelector("button");
  const failed = form.querySelector("[data-failed]");
  failed.hidden = true;
  button.setAttribute("aria-busy", "true");
  try {
    const asked = await fetch(form.dataset.passkey, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!asked.ok) throw new Error(`status ${asked.status}`);
    const { ticket, options } = await asked.json();
    const made = form.dataset.ceremony === "create"
      ? await navigator.credentials.create({ publicKey: creation(options.publicKey) })
      : await navigator.credentials.get({ publicKey: request(options.publicKey) });
    form.elements.ticket.value = ticket;
    form.elements.response.value = credential(made);
    form.submit();
  } catch {
    failed.hidden = false;
    button.removeAttribute("aria-busy");
  }
}

// part is an element of another page of ours, or of the same one asked for again.
async function part(answer, id) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.getElementById(id);
}

// verify sends a form to have a password tried out, and keeps what was typed.
async function verify(form, button) {
  const field = form.elements[button.value === "mail" ? "mail-password" : "existing"];
  const place = document.getElementById(`${field.id}-verdict`);
  const body = new URLSearchParams(new FormData(form));
  body.set(button.name, button.value);
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    if (answer.redirected) { // to prove once more who it is
      location.assign(answer.url);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const wrong = page.getElementById(`${field.id}-wrong`) ?? page.querySelector(".note.bad li") ?? page.querySelector("main .card p");
    const good = page.getElementById(place.id);
    for (const element of within(good ?? page, "noscript")) element.remove();
    place.classList.toggle("bad", !good?.textContent);
    place.textContent = good?.textContent || wrong?.textContent || "";
    if (good?.textContent) field.removeAttribute("aria-invalid");
    else field.setAttribute("aria-invalid", "true");
    document.getElementById(`${field.id}-wrong`)?.remove();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function once(event) {
  const form = event.target;
  if (event.submitter?.name === "verify") {
    event.preventDefault();
    verify(form, event.submitter);
    return;
  }
  if (form.dataset.passkey !== undefined) {
    event.preventDefault();
    passkey(form);
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method === "post" && !form.hasAttribute("data-again")) {
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  }
}

// A page that comes back from the browser's memory must be usable again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of within(document, "form[data-sent]")) delete form.dataset.sent;
  for (const button of within(document, "[aria-busy]")) button.removeAttribute("aria-busy");
});

addEventListener("submit", once);

addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  for (const menu of within(document, "details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of within(document, "details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// watch asks until a device has come. When the address has ended, its owner
// goes on at another one.
async function watch(state) {
  let address = state.dataset.watch;
  const then = state.dataset.then;
  for (let asked = 0; address && asked < 600; asked += 1) {
    await pause(3000);
    if (document.hidden) continue;
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      const now = answer.ok && !answer.redirected ? await part(answer, state.id) : null;
      if (!now) {
        if ([404, 410].includes(answer.status)) address = address === then ? "" : then;
        continue;
      }
      if (now.dataset.state === state.dataset.state) continue;
      state.replaceWith(now);
      say(null, now.textContent.trim());
      state = now;
      if (!now.dataset.watch) return;
    } catch { // out of reach for a moment
    }
  }
}

for (const state of within(document, "[data-watch]")) watch(state);

// The minutes in which a downloaded profile has to be installed.
let counting = 0;

function countdown(place) {
  clearInterval(counting);
  const end = Date.now() + Number(place.dataset.minutes) * 60_000;
  const tick = () => {
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    place.textContent = left ? place.dataset.left.replace("{}", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`) : place.dataset.over;
    if (!left) clearInterval(counting);
  };
  counting = setInterval(tick, 1000);
  tick();
}

addEventListener("click", (event) => {
  const starts = event.target.closest("[data-starts]");
  if (starts) countdown(document.getElementById(starts.dataset.starts));
});

function reveal(root) {
  for (const element of within(root, "[data-needs]")) {
    if (element.dataset.needs !== "passkeys" || window.PublicKeyCredential) element.hidden = false;
  }
}

reveal(document);

// renew puts the part of another page in the place of the same part of this
// one, and the notes above it; what had the focus has it again.
function renew(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.querySelector("[data-live-part]");
  const here = document.querySelector("[data-live-part]");
  if (!fresh || !here || fresh.id !== here.id) return false;
  const focused = document.activeElement?.id;
  reveal(fresh);
  here.replaceWith(fresh);
  document.getElementById("notes").replaceWith(page.getElementById("notes"));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  return true;
}

// look shows what a choice does. Of several the last counts; where it fails,
// the button does the same.
let looking;
async function look(form) {
  looking?.abort();
  const mine = looking = new AbortController();
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "look");
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body, signal: mine.signal });
    if (!renew(await answer.text())) throw new Error(`status ${answer.status}`);
    if (answer.redirected) history.replaceState(null, "", answer.url);
    say(null, form.dataset.said);
  } catch {
    if (mine === looking) form.removeAttribute("aria-busy");
  }
}

addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.hasAttribute("data-live")) look(form);
});

// A key does what it stands on: aria-keyshortcuts tells it to everybody. Not
// while somebody types, and not again while a key is held down.
const typing = (element) => element.closest?.("select, textarea, [contenteditable], input:not([type=radio], [type=checkbox])");

addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (document.querySelector("details[data-menu][open]") || !/^[a-z1-9]$/.test(event.key)) return;
  const target = document.querySelector(`[aria-keyshortcuts~="${event.key}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
});

// What runs on the server is looked at again until it has ended.
async function poll() {
  const part = document.querySelector("[data-poll]");
  if (!part) return;
  await new Promise((done) => { setTimeout(done, Number(part.dataset.poll)); });
  try {
    const answer = await fetch(location.href);
    if (answer.ok) renew(await answer.text());
  } catch { /* the next time */ }
  if (!document.querySelector("[data-poll]")) say(null, document.getElementById("heading").textContent);
  poll();
}

poll();

for (const select of within(document, "select[data-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!select.value && within(select, `option[value="${CSS.escape(zone)}"]`).length) select.value = zone;
}
