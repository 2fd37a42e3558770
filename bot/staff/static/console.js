/* The console's script. Every page works without it; it keeps pages fresh and keeps what is typed (keys and menus: keys.js).
   It stores what is typed in this tab alone (sessionStorage) until it is sent, and two switches in localStorage. */
"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const body = document.body;
  const title = document.title;
  const WAY = { "X-Fragment": "1" };
  document.documentElement.classList.add("scripted");

  /* ---- what is typed is kept until it is sent ---- */
  const keyOf = (field) => `rla:${new URL(field.form ? field.form.action : location.href).pathname}:${field.name}`;
  const fields = (from = document) => $$("textarea[name]", from).filter((field) => field.form && field.name !== "draft");
  const remember = (field) => (field.value ? sessionStorage.setItem(keyOf(field), field.value) : sessionStorage.removeItem(keyOf(field)));
  const restore = (from = document) =>
    fields(from).forEach((field) => {
      const kept = sessionStorage.getItem(keyOf(field));
      if (field.value.trim()) remember(field);
      else if (kept) field.value = kept;
      showRoom(field);
    });
  const forget = () => Object.keys(sessionStorage).filter((key) => key.startsWith("rla:")).forEach((key) => sessionStorage.removeItem(key));
  /* Too long is refused with a count; maxlength would cut the end of what is pasted without a word. */
  const showRoom = (field) => {
    if (!field.dataset.max) return;
    const left = field.dataset.max - field.value.trim().length;
    const over = left < 0 ? `${-left} characters too long` : "";
    field.setCustomValidity(over && `${over}. Nothing was sent.`);
    const room = $("[data-room]", field.form);
    if (!room) return;
    room.hidden = left > 400;
    room.textContent = over || `${left} characters left`;
    room.classList.toggle("warn", left < 0);
  };
  if (body.hasAttribute("data-signed-in")) {
    const sent = JSON.parse(sessionStorage.getItem("rla-sent") || "[]");
    sessionStorage.removeItem("rla-sent");
    if (new URLSearchParams(location.search).has("done")) sent.forEach((key) => sessionStorage.removeItem(key));
    const carried = $("[data-carry]");
    if (carried) sessionStorage.setItem(`rla:${new URL(carried.dataset.carry, location.href).pathname}/reply:text`, carried.value);
    restore();
  }
  const just = new URLSearchParams(location.search).get("done");
  // "done" is said once: reloading the page must not say it again.
  if (location.search.includes("done=")) {
    const here = new URL(location.href);
    here.searchParams.delete("done");
    history.replaceState(null, "", here);
  }
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[name]") && event.target.form) {
      remember(event.target);
      showRoom(event.target);
    } else if (event.target.id === "unsent") sessionStorage.setItem(event.target.dataset.keep, event.target.value);
  });
  if (!body.hasAttribute("data-signed-in")) return;

  /* ---- a person is here: the server's idle clock begins anew, at most once a minute ---- */
  let lastAlive = Date.now();
  const csrf = () => $("input[name=csrf]").value;
  const alive = () => {
    if (Date.now() - lastAlive < 60000) return;
    lastAlive = Date.now();
    post("/staff/alive", new URLSearchParams({ csrf: csrf() })).then((answer) => answer.status === 401 && signedOut(), () => {});
  };
  ["keydown", "pointerdown"].forEach((kind) => addEventListener(kind, alive, { passive: true }));

  /* ---- sending without leaving the page ---- */
  const post = (url, data) => fetch(url, { method: "POST", body: data, headers: WAY, credentials: "same-origin" });
  const say = (text, kind = "bad", link = null) => {
    const place = $("#notice");
    if (!place) return announce(text);
    place.replaceChildren();
    if (!text) return;
    const line = Object.assign(document.createElement("p"), { className: `notice ${kind}`, textContent: text });
    line.setAttribute("role", kind === "bad" ? "alert" : "status");
    if (link) line.append(" ", Object.assign(document.createElement("a"), link));
    place.append(line);
  };
  const announce = (text) => ($("#announce").textContent = text);
  let out = false;
  /* What patients said must not stay on a screen that nobody is signed in at. What was typed stays. */
  const hidePatients = () => {
    document.title = "Signed out";
    $("#head")?.remove();
    $("#lines")?.replaceChildren();
    queue?.replaceChildren();
    $$("#side .note, #side section:not(:has(#note)), .cards").forEach((item) => item.remove());
  };
  const signedOut = () => {
    if (out) return;
    out = true;
    stream?.close();
    showLive(false, "Signed out");
    hidePatients();
    const next = encodeURIComponent(location.pathname + location.search);
    const link = { href: `/staff/sign-in?why=expired&next=${next}`, textContent: "Sign in again" };
    if ($("#notice")) say("You are signed out. What you typed is kept in this tab.", "bad", link);
    else location.href = link.href;
  };
  const send = async (form, submitter) => {
    const box = $("textarea", form);
    const button = submitter || $("button.fill, button:not([name])", form);
    if (!box.value.trim()) return box.focus();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    button.setAttribute("aria-busy", "true");
    try {
      const answer = await post(form.action, new URLSearchParams(new FormData(form)));
      if (answer.status === 401) return signedOut();
      if (answer.ok) {
        box.value = "";
        remember(box);
        showRoom(box);
        const key = $("input[name=client_id]", form);
        if (key) key.value = Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");
        say("");
        announce(form.dataset.send === "note" ? "Note saved" : "Sent");
        await Promise.all([freshTalk(), freshQueue()]);
        (form.isConnected ? box : $(`#${box.id}`))?.focus();
        return;
      }
      const told = await answer.json().catch(() => ({}));
      say(`${told.message || "That did not work."} Your text is still in the box.`);
      freshTalk();
    } catch {
      say("No connection to the server. Your text is kept; please try again.");
    } finally {
      delete form.dataset.busy;
      button.removeAttribute("aria-busy");
    }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-send]") && event.submitter?.name !== "insert") {
      event.preventDefault();
      send(form, event.submitter);
    } else if (form.matches("[data-sign-out]")) {
      forget();
      hidePatients(); // or the way back would show them again
    }
    else sessionStorage.setItem("rla-sent", JSON.stringify(fields(form).map(keyOf)));
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "ready") return;
    const text = event.target.selectedOptions[0]?.dataset.text;
    const box = $("#reply");
    if (text && box) {
      const gap = box.value && !/\s$/.test(box.value) ? "\n\n" : "";
      box.setRangeText(gap + text, box.selectionStart === 0 ? box.value.length : box.selectionStart, box.selectionEnd || box.value.length, "end");
      remember(box);
      showRoom(box);
      box.focus();
    }
    event.target.value = "";
  });

  /* ---- fresh parts of the page ---- */
  const get = async (url) => {
    const answer = await fetch(url, { headers: WAY, credentials: "same-origin" });
    if (answer.status === 401) signedOut();
    return answer.ok && !out ? answer.text() : null;
  };
  const queue = $("#queue");
  let counts = null;
  const readCounts = (data) => {
    if (out) return;
    const fresh = { waiting: +data.waiting, unseen: +data.unseen };
    document.title = (fresh.unseen ? "⚠ " : "") + (fresh.waiting ? `(${fresh.waiting}) ` : "") + title;
    const badge = $("#nav-count");
    badge.hidden = !fresh.waiting;
    badge.textContent = fresh.waiting;
    badge.classList.toggle("red", fresh.unseen > 0);
    if (counts && fresh.unseen > counts.unseen) alarm("An urgent conversation needs a look.", true);
    else if (counts && fresh.waiting > counts.waiting) alarm("A conversation is waiting.", false);
    counts = fresh;
  };
  /* Pages without the queue ask for the numbers alone. */
  let newest = $("#requests")?.dataset.newest;
  const freshCounts = async () => {
    const text = await get("/staff/fragments/counts");
    if (text === null) return;
    const fresh = JSON.parse(text);
    readCounts(fresh);
    newest ||= fresh.newest;
    if ($("#requests") && fresh.newest > newest) say("New requests:", "good", { href: location.href, textContent: "reload" });
  };
  const freshQueue = async () => {
    if (out) return;
    if (!queue) return freshCounts();
    const html = await get(`/staff/fragments/queue?view=${queue.dataset.view}&open=${queue.dataset.open}`);
    if (html === null) return;
    const held = document.activeElement?.closest?.("#queue a");
    const mark = held && (held.dataset.id ? `a[data-id="${held.dataset.id}"]` : `a[href="${held.getAttribute("href")}"]`);
    queue.innerHTML = html;
    if (mark) $(mark, queue)?.focus({ preventScroll: true });
    readCounts($(".queue-body", queue).dataset);
  };
  const talk = $("#talk");
  const scroll = $("#scroll");
  const scroller = () => (scroll && getComputedStyle(scroll).overflowY === "auto" ? scroll : document.scrollingElement);
  const nearEnd = () => {
    if (scroller() === scroll) return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
    return ($("#lines").lastElementChild?.getBoundingClientRect().bottom ?? 0) < innerHeight + 120;
  };
  const toEnd = (behavior = "instant") => {
    const last = $("#lines")?.lastElementChild;
    if (!last) return;
    if (scroller() === scroll) scroll.scrollTo({ top: scroll.scrollHeight, behavior });
    else {
      const covered = $("#composer") ? $("#composer").offsetHeight : 0;
      scrollTo({ top: scrollY + last.getBoundingClientRect().bottom - innerHeight + covered + 16, behavior });
    }
  };
  const fragment = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content;
  };
  const freshLines = async () => {
    const lines = $("#lines");
    const last = +(lines.lastElementChild?.dataset.seq ?? 0);
    const open = $("[data-unsettled]", lines);
    const after = open ? Math.min(+open.dataset.seq - 1, last) : last;
    const html = await get(`/staff/fragments/lines?conversation=${talk.dataset.id}&after=${after}`);
    if (html === null) return;
    const stay = nearEnd();
    let added = false;
    for (const line of [...fragment(html).children]) {
      const old = document.getElementById(line.id);
      if (!old) {
        lines.append(line);
        added = true;
      } else if (old.hasAttribute("data-unsettled")) old.replaceWith(line);
    }
    if (added && stay) toEnd("smooth");
  };
  const freshParts = async () => {
    const html = await get(`/staff/fragments/conversation?conversation=${talk.dataset.id}&view=${talk.dataset.view}`);
    if (html === null) return;
    for (const part of $$("[data-live]", fragment(html))) {
      const old = document.getElementById(part.id);
      if (!old || old.dataset.state === part.dataset.state) continue;
      if (part.id === "head") say(""); // it was about what has just changed
      swap(old, part);
    }
  };
  /* Put a part in the place of an older one; what is typed, open or focused in it stays so. */
  const swap = (old, part) => {
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const mark = active && (active.id ? `#${active.id}` : active.name ? `[name="${active.name}"]` : null);
    const place = active && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
    const typed = $("#reply, #unsent", old)?.value;
    $$("details[data-key][open]", old).forEach((item) => {
      const same = $(`details[data-key="${item.dataset.key}"]`, part);
      if (same) same.open = true;
    });
    old.replaceWith(part);
    restore(part);
    const unsent = $(".unsent", part);
    if (unsent && typed) {
      unsent.hidden = false;
      $("textarea", unsent).value = typed;
      if ($("#reply", old)) say(`${part.dataset.holder || "You no longer have this conversation"}. Your text is kept.`);
    }
    // Who is typing goes on in the box that has the text now: elsewhere letters are shortcuts.
    const again = active && ((mark && $(mark, part)) || $("#reply, .unsent:not([hidden]) #unsent", part));
    if (again) {
      again.focus({ preventScroll: true });
      if (place && "setSelectionRange" in again) again.setSelectionRange(...place);
    }
  };
  const freshTalk = async () => {
    if (talk && !out) await Promise.all([freshLines(), freshParts()]);
  };

  /* ---- live ---- */
  let stream = null;
  let waiting = null;
  const showLive = (on, text) => {
    const live = $("#live");
    live.hidden = false;
    live.textContent = text;
    live.classList.toggle("off", !on);
  };
  const news = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => Promise.all([freshQueue(), freshTalk()]).catch(() => {}), 120);
  };
  const connect = () => {
    stream = new EventSource("/staff/events");
    stream.addEventListener("ready", () => {
      if ($("#live").classList.contains("off")) say(""); // what was said of the lost connection
      showLive(true, "Live");
      news();
    });
    stream.addEventListener("news", news);
    stream.addEventListener("signed-out", signedOut);
    stream.onerror = () => {
      if (out) return;
      showLive(false, "Reconnecting…");
      if (stream.readyState === EventSource.CLOSED) setTimeout(() => out || connect(), 5000);
      news(); // it also finds out whether we are signed out
    };
  };
  if (queue) readCounts($(".queue-body", queue).dataset);
  connect();
  setInterval(() => document.hidden || news(), 30000); // a missed ring costs half a minute
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => event.persisted && connect());
  if (talk && !location.hash) toEnd();
  if (/claimed|taken/.test(just) && matchMedia("(pointer: fine)").matches) $("#reply")?.focus({ preventScroll: true });
  if (talk && scroller() === scroll) $('a[aria-current="true"]', queue)?.scrollIntoView({ block: "nearest" });
  const shortAge = (at) => {
    const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(at)) / 60000));
    if (minutes < 1) return "now";
    if (minutes < 60) return `${minutes} min`;
    return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
  };
  setInterval(() => {
    $$("[data-ago]").forEach((item) => {
      const text = shortAge(item.previousElementSibling?.dateTime);
      if (item.textContent !== text) item.textContent = text;
    });
  }, 15000);

  /* ---- sound and notifications: both off until asked for, neither says anything about a patient ---- */
  const on = (name) => localStorage.getItem(`rla-${name}`) === "on";
  let audio = null;
  const beep = (twice) => {
    audio ??= new AudioContext();
    (twice ? [0, 0.35] : [0]).forEach((delay) => {
      const tone = audio.createOscillator();
      const gain = audio.createGain();
      const start = audio.currentTime + delay;
      tone.frequency.value = twice ? 740 : 520;
      gain.gain.setValueAtTime(0, start);
      gain.gain.linearRampToValueAtTime(0.12, start + 0.03);
      gain.gain.exponentialRampToValueAtTime(0.001, start + 0.3);
      tone.connect(gain).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.32);
    });
  };
  const alarm = (text, urgent) => {
    announce(text);
    if (on("sound")) beep(urgent);
    if (on("notify") && document.hidden && Notification.permission === "granted") {
      const note = new Notification("Clinic console", { body: text, tag: urgent ? "urgent" : "waiting" });
      note.onclick = () => window.focus();
    }
  };
  const toggle = (name, possible, ask) => {
    const button = $(`#${name}`);
    button.hidden = !possible;
    const show = () => button.setAttribute("aria-pressed", String(on(name)));
    button.addEventListener("click", async () => {
      const wanted = !on(name) && (await ask());
      localStorage.setItem(`rla-${name}`, wanted ? "on" : "off");
      show();
    });
    show();
  };
  toggle("sound", "AudioContext" in window, async () => (beep(false), true));
  toggle("notify", "Notification" in window && isSecureContext, async () => (await Notification.requestPermission()) === "granted");
})();
