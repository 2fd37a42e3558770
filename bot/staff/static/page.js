/* What the console's modules share: finding things on the page, saying things, and asking the server. */

export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
export const talk = $("#talk");
export const queue = $("#queue");
/* Whether the session has ended: from then on nothing is fetched and nothing of a patient is shown. */
export const session = { over: false };

export const LONGEST = 20000; // milliseconds until an answer counts as lost
export const UNSURE = `The server has not answered for ${LONGEST / 1000} seconds, so it is not sure whether this was done.`;
const headers = { "X-Fragment": "1" };

export const csrf = () => $("input[name=csrf]").value;

export const announce = (text) => ($("#announce").textContent = text);

export const say = (text, kind = "bad", link = null) => {
  const place = $("#notice");
  if (!place) return announce(text);
  place.replaceChildren();
  if (!text) return;
  place.append(notice(text, kind, link));
};

export const notice = (text, kind = "bad", link = null) => {
  const line = Object.assign(document.createElement("p"), { className: `notice ${kind}`, textContent: text });
  line.setAttribute("role", kind === "bad" ? "alert" : "status");
  if (link) line.append(" ", Object.assign(document.createElement("a"), link));
  return line;
};

/* A form without its page. Throws what to say if no answer comes: then nobody knows whether it was done. */
export const post = async (url, data) => {
  const stop = new AbortController();
  const clock = setTimeout(() => stop.abort(), LONGEST);
  try {
    return await fetch(url, { method: "POST", body: data, headers, credentials: "same-origin", signal: stop.signal });
  } catch {
    throw new Error(stop.signal.aborted ? UNSURE : "No connection to the server.");
  } finally {
    clearTimeout(clock);
  }
};

export const get = async (url) => {
  const answer = await fetch(url, { headers, credentials: "same-origin", signal: AbortSignal.timeout?.(LONGEST) });
  if (answer.status === 401) signedOut();
  return answer.ok && !session.over ? answer.text() : null;
};

/* What patients said must not stay on a screen that nobody is signed in at. What was typed stays. */
export const hidePatients = () => {
  document.title = "Signed out";
  $("#head")?.remove();
  $("#lines")?.replaceChildren();
  queue?.replaceChildren();
  $$("#side .note, #side section:not(:has(#note)), .cards").forEach((item) => item.remove());
};

export const signedOut = () => {
  if (session.over) return;
  session.over = true;
  document.dispatchEvent(new Event("signed-out"));
  hidePatients();
  const next = encodeURIComponent(location.pathname + location.search);
  const link = { href: `/staff/sign-in?why=expired&next=${next}`, textContent: "Sign in again" };
  if ($("#notice")) say("You are signed out. What you typed is kept in this tab.", "bad", link);
  else location.href = link.href;
};
