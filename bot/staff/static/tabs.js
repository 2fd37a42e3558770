/* All tabs of the console share one connection. A browser opens six to a server that speaks HTTP/1.1: with a stream
   in each of six tabs no message could be sent any more. One tab leads (a web lock): it holds the stream, and passes
   on what it hears. Without web locks (an address without TLS) each tab on screen has a stream of its own. */
import { $, say, session, signedOut } from "./page.js";

const channel = "BroadcastChannel" in window ? new BroadcastChannel("rla-console") : null;
const heard = {};
/* Listen for one kind of message from the other tabs. */
export const hear = (kind, act) => (heard[kind] = act);
export const tell = (message) => channel?.postMessage(message);
if (channel) channel.onmessage = (event) => session.over || heard[event.data.kind]?.(event.data);

let stream = null;
let release = null;
let wish = null;
let ringing = () => {};
export const leads = () => stream !== null;

const LIVE = { on: "Live", off: "Reconnecting…", over: "Signed out" };
const show = (state) => {
  const live = $("#live");
  if (state === "on" && live.classList.contains("off")) say(""); // what was said of the lost connection
  live.hidden = false;
  live.textContent = LIVE[state];
  live.classList.toggle("off", state !== "on");
};
const pass = (state) => {
  show(state);
  tell({ kind: "live", state });
};

const lead = () => {
  stream = new EventSource("/staff/events");
  const own = stream;
  const news = () => {
    tell({ kind: "news" });
    ringing();
  };
  own.addEventListener("ready", () => (pass("on"), news()));
  own.addEventListener("news", news);
  own.addEventListener("signed-out", () => (tell({ kind: "out" }), signedOut()));
  own.onerror = () => {
    if (session.over || stream !== own) return;
    pass("off");
    if (own.readyState === EventSource.CLOSED) setTimeout(() => session.over || stream !== own || lead(), 5000);
    ringing(); // it also finds out whether we are signed out
  };
};
const stop = () => {
  stream?.close();
  stream = null;
};

const leave = () => {
  wish?.abort();
  release?.();
  wish = release = null;
  stop();
};
const shares = navigator.locks && channel;
const join = (steal = false) => {
  leave();
  if (session.over) return;
  if (!shares) return document.hidden || lead();
  wish = new AbortController();
  const own = wish;
  navigator.locks
    .request("rla-console", steal ? { steal } : { signal: own.signal }, () => new Promise((done) => ((release = done), lead())))
    .catch(() => own === wish && join()); // taken from us while we slept; otherwise we left before it was our turn
  if (!steal) check();
};
/* A tab that leads but sleeps (phones do that to tabs in the background) loses the lead to one that is looked at. */
let answered = true;
const check = () => {
  if (!shares || document.hidden || leads()) return;
  answered = false;
  tell({ kind: "who" });
  setTimeout(() => answered || leads() || document.hidden || session.over || join(true), 3000);
};

/* `act` is called whenever something may have changed. */
export const onNews = (act) => {
  ringing = act;
  hear("news", act);
  hear("live", (told) => {
    answered = true;
    show(told.state);
  });
  hear("who", () => leads() && tell({ kind: "live", state: $("#live").classList.contains("off") ? "off" : "on" }));
  hear("out", signedOut);
  document.addEventListener("signed-out", () => {
    leave();
    show("over");
  });
  join();
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && (join(), act()));
  document.addEventListener("visibilitychange", () => {
    if (!shares) document.hidden ? stop() : join();
    if (document.hidden) return;
    check();
    act();
  });
};
