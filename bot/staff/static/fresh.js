/* Fresh parts of the page. A part is morphed into its new form (idiomorph), so what is typed, open or focused in
   it stays: no box that somebody types in is ever taken off the page while it is still theirs to type in. */
import { readCounts } from "./alarm.js";
import { restore } from "./drafts.js";
import { $, $$, get, queue, say, session, talk } from "./page.js";

/* Of what a person has typed or chosen nothing is overwritten, and a key of a form stays until that is sent. */
const isTheirs = (field) => {
  if (!field.matches?.("textarea, select, input")) return false;
  if (field === document.activeElement || field.name === "client_id") return true;
  if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  if (field.type === "hidden") return false;
  return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
};
/* These the page's own script sets. */
const OURS = new Set(["open", "aria-busy", "data-busy"]);
/* Forms and menus are matched by what they do, never by their place: text for one must not end in another. */
const name = (part) => {
  $$("form[action]:not([id])", part).forEach((form) => (form.id = `form-${part.id}-${form.getAttribute("action")}`));
  $$("details[data-key]:not([id])", part).forEach((item) => (item.id = `menu-${item.dataset.key}`));
  return part;
};
const morph = (old, fresh, morphStyle = "outerHTML") =>
  Idiomorph.morph(name(old), morphStyle === "outerHTML" ? name(fresh) : [...name(fresh).childNodes], {
    morphStyle,
    callbacks: {
      beforeNodeMorphed: (node) => !isTheirs(node),
      beforeAttributeUpdated: (attribute) => !OURS.has(attribute),
    },
  });

const fragment = (html) => {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return holder.content;
};

/* Pages without the queue ask for the numbers alone. */
let newest = $("#requests")?.dataset.newest;
export const freshCounts = async () => {
  const text = await get("/staff/fragments/counts");
  if (text === null) return;
  const fresh = JSON.parse(text);
  readCounts(fresh);
  newest ||= fresh.newest;
  if ($("#requests") && fresh.newest > newest) say("New requests:", "good", { href: location.href, textContent: "reload" });
};

export const freshQueue = async () => {
  if (session.over) return;
  if (!queue) return freshCounts();
  const html = await get(`/staff/fragments/queue?view=${queue.dataset.view}&open=${queue.dataset.open}`);
  if (html === null) return;
  const fresh = queue.cloneNode(false);
  fresh.innerHTML = html;
  morph(queue, fresh, "innerHTML");
  readCounts($(".queue-body", queue).dataset);
};

const scroll = $("#scroll");
const scroller = () => (scroll && getComputedStyle(scroll).overflowY === "auto" ? scroll : document.scrollingElement);
export const inPanes = () => scroller() === scroll;
const nearEnd = () => {
  if (inPanes()) return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
  return ($("#lines").lastElementChild?.getBoundingClientRect().bottom ?? 0) < innerHeight + 120;
};
export const toEnd = (behavior = "instant") => {
  const last = $("#lines")?.lastElementChild;
  if (!last) return;
  if (inPanes()) scroll.scrollTo({ top: scroll.scrollHeight, behavior });
  else {
    const covered = $("#composer") ? $("#composer").offsetHeight : 0;
    scrollTo({ top: scrollY + last.getBoundingClientRect().bottom - innerHeight + covered + 16, behavior });
  }
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
    } else if (old.hasAttribute("data-unsettled")) morph(old, line);
  }
  if (added && stay) toEnd(matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth");
};

const freshParts = async () => {
  const html = await get(`/staff/fragments/conversation?conversation=${talk.dataset.id}&view=${talk.dataset.view}`);
  if (html === null) return;
  for (const part of $$("[data-live]", fragment(html))) {
    const old = document.getElementById(part.id);
    if (!old || old.dataset.state === part.dataset.state) continue;
    if (part.id === "head") say(""); // it was about what has just changed
    if (part.id === "composer") changeHands(old, part);
    else morph(old, part);
    restore(old);
  }
};

/* The conversation goes to or comes from somebody else: the text goes along, and so does who is typing it.
   All in one step, so that no key can fall between the boxes. */
const changeHands = (composer, fresh) => {
  const box = $("#reply, #unsent", composer);
  const typed = box?.value;
  const typing = box && box === document.activeElement;
  const place = box && [box.selectionStart, box.selectionEnd];
  const lost = $("#reply", composer);
  morph(composer, fresh);
  const unsent = $(".unsent", composer);
  if (unsent && typed) {
    unsent.hidden = false;
    $("#unsent", composer).value = typed;
    if (lost) say(`${composer.dataset.holder || "You no longer have this conversation"}. Your text is kept.`);
  }
  restore(composer);
  const now = $("#reply, .unsent:not([hidden]) #unsent", composer);
  if (!typing || !now) return;
  now.focus({ preventScroll: true });
  now.setSelectionRange(...place);
};

export const freshTalk = async () => {
  if (talk && !session.over) await Promise.all([freshLines(), freshParts()]);
};
