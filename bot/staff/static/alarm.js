/* What needs somebody: in the title, as a sound and as a notification. Both are off until asked for.
   A sound and a notification say nothing about a patient. Of all tabs only the one that leads rings. */
import { $, announce, session } from "./page.js";
import { hear, leads, tell } from "./tabs.js";

const AGAIN = 60000; // milliseconds after which an unread message rings again
const RUNG = "rla-rung"; // what was rung for last, so that the next page or tab does not ring for the same
const title = document.title;
const who = document.body.dataset.staff;
const WORDS = {
  urgent: "An urgent conversation needs a look.",
  unread: "A patient of yours has written.",
  waiting: "A conversation is waiting.",
};
const on = (name) => localStorage.getItem(`rla-${name}`) === "on";
let counts = null;

/* Data: waiting, unseen, unread (messages to me that I have not read), wrote (from whom, if from one patient). */
export const readCounts = (data) => {
  if (session.over) return;
  const fresh = { who, waiting: +data.waiting, unseen: +data.unseen, unread: +data.unread, wrote: data.wrote || "" };
  const mine = fresh.unread ? `${fresh.wrote || "Patients"} wrote (${fresh.unread}) · ` : "";
  document.title = (fresh.unseen ? "⚠ " : "") + mine + (fresh.waiting ? `(${fresh.waiting}) ` : "") + title;
  const badge = $("#nav-count");
  badge.hidden = !fresh.waiting;
  badge.textContent = fresh.waiting;
  badge.classList.toggle("red", fresh.unseen > 0);
  const unread = $("#nav-unread");
  unread.hidden = !fresh.unread;
  unread.textContent = `${fresh.unread} new`;
  const what = counts && reason(counts, fresh);
  if (what && !document.hidden) announce(WORDS[what]);
  counts = fresh;
  if (!leads()) return;
  tell({ kind: "counts", counts: fresh });
  ring();
};

const reason = (before, fresh) => ["unseen", "unread", "waiting"].map((name) => fresh[name] > before[name] && name)
  .find(Boolean)?.replace("unseen", "urgent");

/* Ring for what is new since the last time, and again and again for what is still unread. */
const ring = () => {
  if (!counts || !leads()) return;
  const kept = JSON.parse(localStorage.getItem(RUNG) || "null");
  const before = kept?.who === who ? kept : { ...counts, unread: 0, at: 0 };
  const what = reason(before, counts) || (counts.unread && Date.now() - before.at >= AGAIN ? "unread" : "");
  localStorage.setItem(RUNG, JSON.stringify({ ...counts, wrote: "", at: what ? Date.now() : before.at }));
  if (!what) return;
  sound(what === "urgent");
  if (on("notify") && !document.hasFocus() && Notification.permission === "granted") {
    const note = new Notification("Clinic console", { body: WORDS[what], tag: what, renotify: true });
    note.onclick = () => window.focus();
  }
};
hear("counts", (told) => told.counts.who === who && readCounts(told.counts));
setInterval(ring, 10000);

/* A browser lets only a page sound that somebody has touched: the first such tab does it for all. */
let audio = null;
let sounds = false;
let inLine = false;
const wake = () => {
  if (!on("sound") || inLine) return;
  audio ??= new AudioContext();
  audio.resume().then(() => {
    if (inLine) return;
    inLine = true;
    navigator.locks?.request("rla-sound", () => ((sounds = true), new Promise(() => {})));
  });
};
addEventListener("pointerdown", wake);
addEventListener("keydown", wake);
wake();
const sound = (urgent) => {
  if (!on("sound")) return;
  if (sounds || !navigator.locks) beep(urgent);
  else tell({ kind: "sound", urgent });
};
hear("sound", (told) => sounds && beep(told.urgent));

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

const toggle = (name, possible, ask) => {
  const button = $(`#${name}`);
  if (!button) return;
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
