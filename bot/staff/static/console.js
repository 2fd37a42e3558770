/* The console's script. Every page works without it; it keeps pages fresh, keeps what is typed, and rings.
   page.js: asking the server · drafts.js: what is typed · sending.js: forms · fresh.js: the parts of the page ·
   alarm.js: title, sound, notification · tabs.js: one connection for all tabs · keys.js: menus and keys */
import { freshCounts, freshQueue, freshTalk, inPanes, toEnd } from "./fresh.js";
import { readCounts } from "./alarm.js";
import { forget, restore } from "./drafts.js";
import { $, $$, csrf, post, queue, session, signedOut, talk } from "./page.js";
import { leads, onNews, tell } from "./tabs.js";
import "./sending.js";

document.documentElement.classList.add("scripted");
const asked = new URLSearchParams(location.search);
const just = asked.get("done");
// "done" is said once: reloading the page must not say it again.
if (just !== null) {
  const here = new URL(location.href);
  here.searchParams.delete("done");
  history.replaceState(null, "", here);
}

/* A person is here: the server's idle clock begins anew, at most once a minute. */
let lastAlive = Date.now();
const alive = () => {
  if (Date.now() - lastAlive < 60000) return;
  lastAlive = Date.now();
  post("/staff/alive", new URLSearchParams({ csrf: csrf() })).then((answer) => answer.status === 401 && signedOut(), () => {});
};

/* A message is read when somebody does something on the page that shows it, in the conversation that they hold. */
let read = 0;
const reading = () => {
  if (!talk || session.over || document.hidden || !$("#composer [data-send]")) return;
  const last = +($$("#lines .patient").at(-1)?.dataset.seq ?? 0);
  if (last <= read) return;
  const before = read;
  read = last;
  post(`/staff/conversations/${talk.dataset.id}/read`, new URLSearchParams({ csrf: csrf(), seq: last })).then(
    (answer) => (answer.ok ? (tell({ kind: "news" }), freshQueue()) : answer.status === 401 && signedOut()),
    () => (read = before),
  );
};

const shortAge = (at) => {
  const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(at)) / 60000));
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
};
const showAges = () =>
  $$("[data-ago]").forEach((item) => {
    const text = shortAge(item.previousElementSibling?.dateTime);
    if (item.textContent !== text) item.textContent = text;
  });

/* A tab that nobody sees asks for nothing; the one that leads asks for the numbers, which ring. */
let waiting = null;
const news = () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (!document.hidden) Promise.all([freshQueue(), freshTalk()]).catch(() => {});
    else if (leads()) freshCounts().catch(() => {});
  }, 120);
};

const begin = () => {
  const carried = $("[data-carry]");
  if (carried) sessionStorage.setItem(`rla:${new URL(carried.dataset.carry, location.href).pathname}/reply:text`, carried.value);
  restore();
  ["keydown", "pointerdown"].forEach((kind) => addEventListener(kind, alive, { passive: true }));
  ["keydown", "pointerdown", "pointermove", "wheel", "focus"].forEach((kind) => addEventListener(kind, reading, { passive: true }));
  if (queue) readCounts($(".queue-body", queue).dataset);
  onNews(news);
  setInterval(news, 30000); // a missed ring costs half a minute
  setInterval(showAges, 15000);
  if (talk && !location.hash) toEnd();
  const free = document.activeElement === document.body;
  if (free && /claimed|taken/.test(just) && matchMedia("(pointer: fine)").matches) $("#reply")?.focus({ preventScroll: true });
  if (talk && inPanes()) $('a[aria-current="true"]', queue)?.scrollIntoView({ block: "nearest" });
};

if (document.body.hasAttribute("data-signed-in")) begin();
else if (asked.get("why") === "left") forget();
