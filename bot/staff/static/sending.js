/* Forms are sent without leaving the page; whatever goes wrong is said, and what was typed stays in its box.
   Nothing here moves the focus after waiting for the server: whoever types goes on where they are. */
import { drop, remember, showRoom } from "./drafts.js";
import { freshQueue, freshTalk } from "./fresh.js";
import { $, LONGEST, UNSURE, announce, hidePatients, notice, post, say, signedOut } from "./page.js";

const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

/* Take out of a box what was sent, and leave what was typed since. */
const empty = (box, sent) => {
  const more = box.value.startsWith(sent) ? box.value.slice(sent.length).trimStart() : box.value;
  const cut = box.value.length - more.length;
  const [from, to] = [box.selectionStart, box.selectionEnd].map((place) => Math.max(0, place - cut));
  box.value = more;
  if (box === document.activeElement) box.setSelectionRange(from, to); // elsewhere Safari would take the focus
  remember(box);
  showRoom(box);
};

/* Ask the server once at a time for a form; `done` is told the answer if it was taken. */
const ask = async (form, submitter, done) => {
  if (form.dataset.busy) return;
  const button = submitter || $("button.fill, button:not([name])", form);
  const wait = (on) => {
    on ? (form.dataset.busy = "1") : delete form.dataset.busy;
    on ? button?.setAttribute("aria-busy", "true") : button?.removeAttribute("aria-busy");
  };
  const kept = $("textarea", form)?.value.trim() ? " Your text is still in the box." : "";
  wait(true);
  try {
    const answer = await post(form.action, new URLSearchParams(new FormData(form, submitter)));
    if (answer.status === 401) return signedOut();
    if (answer.ok) return await done(answer);
    const told = await answer.json().catch(() => ({}));
    say(`${told.message || "That did not work."}${kept}`);
    freshTalk().catch(() => {});
  } catch (error) {
    const twice = form.matches("[data-send]") ? " Please send it again: it arrives only once." : " Please look, and try again.";
    say(`${error.message}${kept}${twice}`);
  } finally {
    wait(false);
  }
};

/* A reply or a note: the page stays as it is. */
const send = (form, submitter) => {
  const box = $("textarea", form);
  if (submitter || !box.value.trim()) box.focus(); // now, before waiting
  if (!box.value.trim()) return;
  const sent = box.value;
  ask(form, submitter, () => {
    empty(box, sent);
    const key = $("input[name=client_id]", form);
    if (key) key.value = newKey();
    say("");
    announce(form.dataset.send === "note" ? "Note saved" : "Sent");
    return Promise.all([freshTalk(), freshQueue()]).catch(() => {});
  });
};

/* Anything else: on to where the server says. */
const go = (form, submitter) =>
  ask(form, submitter, (answer) => {
    drop(form);
    location.assign(answer.headers.get("X-Go") || location.pathname + location.search);
    return new Promise(() => {}); // until the next page is there
  });

/* A form that leads to another page is the browser's: it would wait for ever and say nothing. */
const watch = (form) =>
  setTimeout(() => {
    stop(); // the page stays, with all that was typed
    form.before(notice(`${UNSURE} What you typed is still here. Please look, and try again.`));
  }, LONGEST);

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-send]")) {
    event.preventDefault();
    send(form, event.submitter);
  } else if (form.matches("[data-sign-out]")) {
    hidePatients(); // or the way back would show them again
    watch(form);
  } else if (form.method === "post" && $("#notice")) {
    event.preventDefault();
    go(form, event.submitter);
  } else if (form.method === "post") watch(form);
});

document.addEventListener("change", (event) => {
  if (event.target.id !== "ready") return;
  const text = event.target.selectedOptions[0]?.dataset.text;
  const box = $("#reply");
  if (text && box) {
    const gap = box.value && !/\s$/.test(box.value) ? "\n\n" : "";
    const at = box.selectionStart === 0 ? box.value.length : box.selectionStart;
    box.setRangeText(gap + text, at, box.selectionEnd || box.value.length, "end");
    remember(box);
    showRoom(box);
    box.focus();
  }
  event.target.value = "";
});
