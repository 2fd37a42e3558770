/* <rls-chat>: the patient's side of the Restless Legs Assistant. No build step, nothing from third parties.
 *
 *   <script src="https://chat.example.org/widget.js" async></script>
 *   <rls-chat>Call us: <a href="tel:+15550100">(555) 0100</a></rls-chat>
 *
 * What is inside the element shows when the script does not load or the API is out of reach.
 * A page element with `data-rls-chat` opens the chat.
 * Attributes: api (base address; default: the script's) · name (title) · open (start opened)
 *   · theme (light or dark; default: the device's) · strings (JSON over STRINGS)
 * Theme: the custom properties under :host, set on the element
 */
(() => {
  'use strict';

  // Before Safari 16.4 the element's own content simply stays.
  if (!window.customElements || !('adoptedStyleSheets' in document) || customElements.get('rls-chat')) return;

  // currentScript is known only while the file is first run, also with `async`.
  const HOME = new URL(document.currentScript?.src || location.href).origin;
  const MAX_CHARS = 2000; // as the API
  const POLL_SECONDS = 25; // the longest the API holds a call
  const SEND_TRIES = 4;
  const THINKING_MS = 30000; // longer would be a lie
  const FULL_SCREEN = matchMedia('(max-width: 37.43em), (max-height: 29.93em)'); // as in the style; 599 and 479 px at the usual text size
  const TOUCH = matchMedia('(pointer: coarse)');

  // ── 1. Strings ─

  const STRINGS = {
    title: 'Restless Legs Assistant',
    subtitle: 'Education, not a doctor',
    launcher: 'Questions about restless legs?',
    closeChat: 'Close chat',
    unread: 'New messages: {n}',

    welcomeTitle: 'Ask about restless legs',
    welcomeWhat: 'This education assistant is a computer program. It explains restless legs in plain words and names its sources.',
    welcomeNot: 'It is not a doctor. It cannot tell you what you have or change your medicines.',
    welcomeStaff: 'Staff of {clinic} can join the chat when you ask.',
    welcomeEmergency: 'Not for emergencies.',
    welcomeCall: 'If something feels urgent, call now:',
    privacy: 'Your privacy',
    remember: 'Remember this chat on this device',
    rememberHint: 'Leave this off on a shared phone or computer.',
    agree: 'I agree, start the chat',

    loading: 'Loading…',
    connecting: 'Connecting…',
    offline: 'You are offline',
    lost: 'Connection lost. Trying again…',
    lostCall: 'You can also call',
    errorTitle: 'The chat cannot be reached',
    errorText: 'Please try again in a moment, or call the clinic.',
    tryAgain: 'Try again',
    gone: 'That conversation is no longer here: it was deleted, or it has expired. You can start a new one.',
    deleted: 'Your conversation has been deleted.',
    failed: 'Something went wrong. Please try again.',

    conversation: 'Conversation',
    you: 'You',
    assistant: 'Assistant',
    staff: 'Clinic staff',
    staffNamed: '{name}, clinic staff',
    notice: 'Notice',
    urgent: 'Urgent',
    typing: '{name} is writing',
    newMessages: 'New messages',
    suggested: 'Suggested replies',
    sources: 'Sources',

    waiting: 'Waiting for clinic staff. You can keep writing, or come back later.',
    withStaff: 'You are talking with {name}',
    back: 'You are back with the assistant',
    closed: 'Chat closed. Write to reopen it.',

    message: 'Your message',
    placeholder: 'Write your question',
    send: 'Send',
    left: '{n} characters left',
    over: '{n} characters too long',
    sending: 'Sending…',
    notSent: 'Not sent.',
    remove: 'Remove',
    talkToStaff: 'Talk to staff',
    book: 'Book a visit',

    menu: 'More options',
    newChat: 'New chat',
    transcript: 'Download transcript',
    transcriptFile: 'restless-legs-chat.txt',
    erase: 'Delete my conversation',
    newAsk: 'Start a new chat?',
    newText: 'This one will no longer be shown here. For a copy, download the transcript first.',
    eraseAsk: 'Delete this conversation?',
    eraseText: 'It is removed for you and for the clinic, for good.',
    eraseYes: 'Delete it',
    cancel: 'Cancel',

    emergency: 'Emergency? Call',
    emergencyLocal: 'Emergency? Call your local emergency number.',
  };

  // ── 2. Style ─
  // Logical properties only, for right-to-left pages. Colour pairs meet WCAG AA.

  const DARK = `
    --rls-accent: #86cfc6; --rls-on-accent: #06302e;
    --rls-surface: #141c1f; --rls-ink: #e6eded; --rls-muted: #a3b3b5;
    --rls-line: #2e3c40; --rls-edge: #74878b; --rls-tint: #213438; --rls-staff: #322c20; --rls-staff-ink: #e6c98c;
    --rls-red: #3b1b18; --rls-red-ink: #ffb9ae; --rls-red-fill: #ffa396; --rls-red-on: #330a05; color-scheme: dark !important;`;

  const CSS = `
  :host {
    /* important: a rule of the page for every element would win otherwise; medium: the size that the reader has set */
    all: initial !important; display: contents !important; font: medium/1.5 var(--rls-font) !important;
    --rls-font: -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
    --rls-accent: #0c5a60; --rls-on-accent: #fff;
    --rls-surface: #fff; --rls-ink: #17262a; --rls-muted: #566569;
    --rls-line: #dde5e5; --rls-edge: #7d8f92; --rls-tint: #e6f0ef; --rls-staff: #f6efdf; --rls-staff-ink: #6b4e0e;
    --rls-red: #fdeeec; --rls-red-ink: #8f1d14; --rls-red-fill: #b3261e; --rls-red-on: #fff; color-scheme: light !important;
    --rls-shadow: 0 0 0 1px var(--rls-line), 0 16px 48px #0b14164d;
  }
  @media (prefers-color-scheme: dark) { :host(:not([theme=light])) {${DARK}} }
  :host([theme=dark]) {${DARK}}
  :host([hidden]), [hidden] { display: none !important; }
  * { box-sizing: border-box; }
  h2, h3, p, ul { margin: 0; padding: 0; font: inherit; }
  h2, h3, b, .fill, .plain { font-weight: 600; }
  small, .state, .quiet, .who, .note, .from, .count, .emergency, .system { font-size: .875em; line-height: 1.45; color: var(--rls-muted); }
  a { color: var(--rls-accent); overflow-wrap: anywhere; }
  svg { display: block; width: 22px; height: 22px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; }
  .sr, .cont > .who { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  button, .call {
    font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 12px; cursor: pointer;
    min-height: 44px; min-width: 44px; padding: 9px 16px; text-align: start; touch-action: manipulation;
  }
  :focus-visible { outline: 3px solid var(--rls-accent); outline-offset: 2px; }
  button:hover { background: var(--rls-tint); }
  .fill { background: var(--rls-accent) !important; color: var(--rls-on-accent); text-align: center; }
  .danger, .call, .badge { background: var(--rls-red-fill) !important; color: var(--rls-red-on); }
  .line { border-color: var(--rls-edge); }
  .plain { color: var(--rls-accent); }
  .more { stroke-width: 3; }
  .icon { padding: 0; display: grid; place-items: center; flex: none; color: var(--rls-muted); }
  :disabled { opacity: .45; cursor: default; }

  /* launcher and panel */
  .launch, .panel { position: fixed; z-index: 2147483000; inset: auto; bottom: 20px; inset-inline-end: 20px; }
  .launch { display: flex; align-items: center; gap: 10px; min-height: 56px; padding-inline: 18px 22px; border-radius: 28px; box-shadow: 0 6px 24px #0b14164d; margin-bottom: env(safe-area-inset-bottom); }
  .badge { position: absolute; top: -6px; inset-inline-end: -4px; min-width: 24px; padding: 0 7px; border-radius: 12px; font-size: .875em; line-height: 1.72; text-align: center; }
  dialog { color: var(--rls-ink); background: var(--rls-surface); border: 0; padding: 0; margin: 0; max-width: none; max-height: none; border-radius: 16px; box-shadow: var(--rls-shadow); }
  .panel[open] { width: min(25.5em, 100vw - 40px); height: min(42.5em, 100dvh - 40px); display: flex; flex-direction: column; overflow: hidden; animation: rise .18s ease-out; }
  @media (max-width: 37.43em), (max-height: 29.93em) {
    .launch { width: 56px; padding: 0; justify-content: center; }
    .label { display: none; }
    /* --top and --tall follow the visual viewport, so the keyboard never covers the input */
    .panel[open] {
      inset: var(--top, 0) 0 auto; width: 100%; height: var(--tall, 100dvh); border-radius: 0;
      padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
    }
  }
  @keyframes rise { from { transform: translateY(12px); } }
  .top { display: flex; align-items: center; padding-block: 8px; padding-inline: 20px 8px; border-bottom: 1px solid var(--rls-line); }
  .names { flex: 1; }
  .menu { position: absolute; z-index: 1; top: 58px; inset-inline-end: 12px; padding: 6px; border-radius: 14px; background: var(--rls-surface); box-shadow: var(--rls-shadow); display: grid; max-height: calc(100% - 66px); overflow: auto; }
  .check { display: flex; gap: 12px; padding: 10px 0; }
  .menu .check { padding-inline: 16px; }
  .check input { width: 20px; height: 20px; margin: 2px 0 0; accent-color: var(--rls-accent); flex: none; }
  small { display: block; }
  .bar { padding: 10px 20px; background: var(--rls-tint); }
  .bar.staff, .staff .body { background: var(--rls-staff); }
  .warn, .card, .urgent .body { background: var(--rls-red) !important; color: var(--rls-red-ink); }
  .warn a:not(.call), .urgent .body a:not(.call), .apart { color: var(--rls-red-ink); }
  .card, .urgent .body, .page .bar { padding: 14px 16px; border-radius: 14px; }

  /* first screen */
  .page, .scroll { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 20px; }
  .page > * { margin-bottom: 14px; }
  .page h2 { font-size: 1.5em; line-height: 1.25; outline: 0; }
  .page .fill { width: 100%; min-height: 52px; }
  .quiet * + *, .body > * + * { margin-top: .6em; }
  .page .start { position: sticky; bottom: -20px; margin: 0 -20px -20px; padding: 12px 20px; background: var(--rls-surface); border-top: 1px solid var(--rls-line); }
  .start * { margin-bottom: 8px; }
  .calls { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 10px; }
  .call { display: flex; align-items: center; justify-content: center; gap: 10px; flex: 1 1 auto; min-height: 52px; font-size: 1.0625em; font-weight: 600; line-height: 1.25; text-decoration: none; }
  .call small { color: inherit; }
  .urgent-bar { padding: 10px 12px; background: var(--rls-red); color: var(--rls-red-ink); font-weight: 600; }
  .urgent-bar .calls { margin: 0 0 6px; }
  .urgent-bar.calm { background: var(--rls-tint); color: var(--rls-ink); }
  .calm .call { background: var(--rls-accent) !important; color: var(--rls-on-accent); }
  .urgent.calm .body { background: var(--rls-tint) !important; color: var(--rls-ink); box-shadow: inset 0 0 0 1px var(--rls-edge); }
  .urgent.calm .body a:not(.call) { color: var(--rls-accent); }
  .urgent .calls { margin: 0 0 10px; }
  .stands .msg .calls { display: none; } /* they stand above the chat, where nothing scrolls them away */
  .stands .emergency { display: none; }
  .call span::first-letter { text-transform: uppercase; }

  /* conversation */
  .chat { flex: 1; min-height: 0; display: flex; flex-direction: column; }
  .scroll { position: relative; }
  .scroll:focus-visible { outline-offset: -3px; }
  .log { display: flex; flex-direction: column; gap: 18px; }
  .msg { overflow-wrap: anywhere; }
  .cont { margin-top: -10px; }
  .who { display: flex; gap: 8px; margin-bottom: 2px; }
  .who b { color: var(--rls-accent); }
  .body ul { padding-inline-start: 1.15em; }
  .patient { align-self: flex-end; max-width: 86%; }
  .patient .body { background: var(--rls-tint); padding: 9px 14px; border-radius: 18px; border-end-end-radius: 5px; white-space: pre-wrap; }
  .unsent .body { background: none; box-shadow: inset 0 0 0 1px var(--rls-edge); }
  .note { display: flex; flex-wrap: wrap; align-items: center; justify-content: flex-end; }
  .msg.staff { align-self: flex-start; max-width: 94%; }
  .staff .body { padding: 10px 15px; border-radius: 18px; border-start-start-radius: 5px; }
  .staff .who b { color: var(--rls-staff-ink); }
  .system { align-self: center; text-align: center; }
  .urgent { text-align: start; font-size: 1em; }
  .urgent .body { box-shadow: inset 0 0 0 2px var(--rls-red-fill); }
  .flag { display: flex; gap: 8px; font-weight: 600; }
  .from a { color: inherit; display: inline-block; padding-block: 4px; }
  .from ul { list-style: none; padding: 0; }
  summary { cursor: pointer; padding-block: 4px; overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
  [open] > summary { white-space: normal; }
  .choices { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
  .choices button { border-radius: 22px; border-color: var(--rls-edge); color: var(--rls-accent); line-height: 1.3; }
  .dots { display: flex; gap: 5px; padding-top: 18px; }
  .dots i { width: 8px; height: 8px; border-radius: 50%; background: var(--rls-muted); animation: breathe 1.4s infinite; }
  .dots i + i { animation-delay: .2s; } .dots i + i + i { animation-delay: .4s; }
  @keyframes breathe { 50% { opacity: .25; } }

  /* writing */
  .foot { position: relative; padding: 0 12px; }
  .below { position: absolute; bottom: 100%; inset-inline: 0; margin: 0 auto 8px; width: fit-content; border-radius: 22px; }
  .ways button { padding: 9px 8px; font-size: .9375em; }
  form { display: flex; align-items: flex-end; border: 1px solid var(--rls-edge); border-radius: 24px; padding: 1px; }
  form:focus-within { border-color: var(--rls-accent); box-shadow: 0 0 0 1px var(--rls-accent); }
  textarea { flex: 1; min-width: 0; border: 0; background: none; resize: none; color: inherit; font: inherit; padding-block: 10px; padding-inline: 16px 4px; outline: 0 !important; }
  ::placeholder { color: var(--rls-muted); opacity: 1; }
  form .fill { border-radius: 50%; padding: 0; display: grid; place-items: center; }
  .count { text-align: end; padding: 2px 12px; }
  .ended { display: flex; align-items: center; justify-content: space-between; padding-inline-start: 8px; font-size: .875em; color: var(--rls-muted); }
  .ended button { padding: 4px 8px; flex: none; font-size: inherit; }
  .emergency { text-align: center; padding: 12px; }
  .emergency a { display: inline-block; padding: 12px; margin-block: -12px; color: var(--rls-red-ink); font-weight: 600; }
  .menu .plain { display: none; }
  /* little height: a low window, or a keyboard on the screen, of which no media query knows */
  .low .ways { display: none; } .low .menu .plain { display: block; }
  .low .urgent-bar { padding: 6px 8px; font-size: .875em; line-height: 1.3; } .low .urgent-bar .call { min-height: 44px; padding: 4px 10px; font-size: 1em; }
  .low .urgent-bar .calls { flex-wrap: nowrap; margin-bottom: 4px; } .low .urgent-bar svg { display: none; }
  .low .top { padding-block: 0; } .low .bar { padding-block: 4px; font-size: .875em; } .low .page .start { position: static; }
  .low .emergency { display: flex; justify-content: center; padding-block: 4px; white-space: pre; }
  .low .emergency span { overflow: hidden; text-overflow: ellipsis; white-space: pre; }
  .low .emergency a { padding-block: 8px; margin-block: -8px; }

  .ask { margin: auto; padding: 22px; width: min(22.5em, 100vw - 32px); }
  ::backdrop { background: #0b1416a6; }
  .ask > * { margin-bottom: 12px; }
  .ask div { display: flex; flex-wrap: wrap; gap: 8px; justify-content: flex-end; margin: 0; }
  @media (prefers-reduced-motion: reduce) { * { animation: none !important; } }
  @media (forced-colors: active) { .body, .bar, .card, .fill, .call, .panel, .menu, .ask { border: 1px solid; }
    form:focus-within { outline: 3px solid Highlight; }
  }`;

  const SHEET = new CSSStyleSheet();
  SHEET.replaceSync(CSS);

  // ── 3. Small tools ─

  /** An element with attributes (functions become listeners; false and null are left out) and children. */
  function h(tag, attrs, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attrs || {})) {
      if (typeof value === 'function') node.addEventListener(name, value);
      else if (value !== false && value != null) node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.flat().filter((child) => child != null && child !== false));
    return node;
  }

  const ICONS = {
    talk: 'M4 5.5h16v11H10l-4.5 3.5v-3.5H4z',
    close: 'M6 6l12 12M18 6L6 18',
    more: 'M12 5v.5M12 12v.5M12 19v.5',
    send: 'M12 19V5M6 11l6-6 6 6',
    phone: 'M6 4h3l2 5-2 1a11 11 0 0 0 5 5l1-2 5 2v3a2 2 0 0 1-2 2A16 16 0 0 1 4 6a2 2 0 0 1 2-2z',
    alert: 'M12 4L2.8 19.5h18.4zM12 10v4.5M12 17.2v.01',
  };

  function icon(name) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('class', name);
    svg.setAttribute('aria-hidden', 'true');
    svg.appendChild(document.createElementNS(svg.namespaceURI, 'path')).setAttribute('d', ICONS[name]);
    return svg;
  }

  const button = (label, cls, click, attrs) => h('button', { type: 'button', class: cls, click, ...attrs }, label);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? '');
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /** The page's language, if it is one: another, such as en_US.UTF-8, would be an error wherever it is used. */
  function language() {
    try {
      return Intl.getCanonicalLocales(document.documentElement.lang)[0];
    } catch { /* the browser's own */ }
  }

  /** Milliseconds before try `n`. The jitter keeps widgets from coming back all at once. */
  const backoff = (n, retryAfter = 0) => Math.max(retryAfter * 1000, Math.min(30000, 700 * 2 ** n)) * (0.75 + Math.random() / 2);

  /** UUID v4. crypto.randomUUID does not exist on plain http. */
  const uuid = () => '10000000-1000-4000-8000-100000000000'.replace(/[018]/g,
    (c) => (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16));

  /** Read, write or (null) remove JSON. Where storage is forbidden, the chat lives as long as the page. */
  function store(area, key, value) {
    try {
      if (value) window[area].setItem(key, JSON.stringify(value));
      else if (value === null) window[area].removeItem(key);
      else return JSON.parse(window[area].getItem(key));
    } catch { /* forbidden or full */ }
  }

  // ── 4. Text to nodes ─
  // Paragraphs, "- " lists and links become text nodes and checked links. Never HTML.

  const LINK = /\[([^\]\n]+)\]\((https?:\/\/[^\s)]+|(?:tel|sms):[+\d*#,;.-]+)\)|https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]']/g;

  const isCall = (href) => /^(tel|sms):/i.test(href);

  /** The clinic's own numbers in words of staff or the assistant. A short one only after a word to call by: 112 may be a result. */
  function findNumbers() {
    const found = [...numbers(), { number: clinic.phone, href: clinic.phone_href }].filter(({ number, href }) => number && isCall(href));
    hrefs = new Map(found.map(({ number, href }) => [number, href]));
    const any = (list) => list.map((number) => number.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|') || '(?!)';
    const all = [...hrefs.keys()];
    const short = all.filter((number) => number.length < 5);
    // Safari reads this only where adoptedStyleSheets is there too, so it is not a literal.
    pattern = new RegExp(`${LINK.source}|(?<![\\w+])(?:${any(all.filter((number) => !short.includes(number)))})(?![\\w])`
      + `|(?<=\\b(?:call|dial|ring|phone|text|number|or|and) )(?:${any(short)})(?![\\w%-])`, 'gi');
  }

  const link = (href, label) => h('a', isCall(href) ? { href } : { href, target: '_blank', rel: 'noopener noreferrer' }, label);

  /** One line with its links. With `calls`, numbers to call go there; their words stay. */
  function inline(text, calls) {
    const nodes = [];
    let from = 0;
    for (const match of text.matchAll(pattern)) {
      const [whole, label = whole, target = hrefs.get(whole) || whole] = match;
      nodes.push(text.slice(from, match.index));
      from = match.index + whole.length;
      const apart = calls && isCall(target) && !hrefs.has(whole);
      if (apart) calls.push({ href: target, label });
      nodes.push(apart ? h('b', null, label) : link(target, label));
    }
    return [...nodes, text.slice(from)];
  }

  function rich(text, calls) {
    const blocks = [];
    for (const part of String(text || '').trim().split(/\n\s*\n/)) {
      let block = null;
      for (const line of part.split('\n')) {
        const item = line.startsWith('- ');
        if (!block || (block.tagName === 'UL') !== item) blocks.push((block = h(item ? 'ul' : 'p')));
        else if (!item) block.append(h('br'));
        block.append(...(item ? [h('li', null, inline(line.slice(2), calls))] : inline(line, calls)));
      }
    }
    return blocks;
  }

  // ── 5. The API ─

  /** status 0: no answer. plain: the API's sentence for the patient, or ''. retryAfter: seconds. */
  class ApiError extends Error {
    constructor(status, plain, retryAfter) {
      super(`status ${status}`);
      Object.assign(this, { status, plain, retryAfter });
    }
  }

  async function call(url, { method = 'GET', token, body, abort = new AbortController(), seconds = 15, as = 'json' } = {}) {
    const timer = setTimeout(() => abort.abort(), seconds * 1000);
    try {
      const headers = { ...(token && { Authorization: `Bearer ${token}` }), ...(body && { 'Content-Type': 'application/json' }) };
      const answer = await fetch(url, {
        method, headers, body: body && JSON.stringify(body), signal: abort.signal, cache: 'no-store', credentials: 'omit',
      });
      if (!answer.ok) {
        const { message } = await answer.json().catch(() => ({}));
        throw new ApiError(answer.status, String(message || ''), +answer.headers.get('Retry-After') || 0);
      }
      return await answer[as]();
    } catch (error) {
      throw error.status ? error : new ApiError(0, '', 0);
    } finally {
      clearTimeout(timer);
    }
  }

  // ── 6. State ─ one element a page, so plain variables do

  let s = STRINGS;
  let host = null;
  let root = null;
  let ui = {};
  let api = HOME;
  let off = null; // ends the outer listeners
  let clinic = null; // GET /api/clinic
  let hrefs = new Map(); // of the clinic's numbers, by how they are written
  let pattern = LINK; // that, and those numbers
  let session = null; // {token, read: last seq the patient has seen, remember}
  let mode = 'assistant';
  let urgent = null; // a red flag that stands: {calm, grave, text, calls}
  let back = false; // from staff; said until the patient next writes
  let staffName = '';
  let staffTyping = false;
  let thinking = 0; // timer while an answer is due
  let messages = new Map(); // by seq: each is shown once
  let last = 0; // highest seq received
  let proposed = []; // choices that stay below whatever is said after them
  let loaded = false; // history is in; what follows is news
  let outbox = []; // written, not yet in the server's list
  let flushing = null; // the session that sends
  let loop = 0; // the listening loop in charge; older ones end
  let poll = null;
  let atEnd = true; // of the log, so the view follows

  const em = () => parseFloat(getComputedStyle(ui.panel).fontSize); // 16 px, or what the reader has set
  const text = (node, words) => { if (node.textContent !== words) node.textContent = words; }; // only a change is read aloud
  const keyOf = (part = '') => `rls-chat ${api} ${part}`.trim();
  const request = (path, options) => call(api + path, { token: session?.token, ...options });
  const numbers = () => (clinic?.emergency || []).filter(({ href }) => isCall(href));
  const unseen = (seq) => [...messages.values()].filter((message) => message.seq > seq && message.from !== 'patient').length;
  const phoneLink = (look) => (clinic?.phone ? h('a', { class: look, href: clinic.phone_href }, look && icon('phone'), clinic.phone) : '');

  /** The token is kept for this tab or, only when asked, on this device: it may be shared. */
  function saveSession() {
    const { remember } = session;
    store(remember ? 'localStorage' : 'sessionStorage', keyOf(), session);
    store(remember ? 'sessionStorage' : 'localStorage', keyOf(), null);
  }

  function saveTab() {
    const unsent = outbox.filter(({ state }) => state !== 'sent').map(({ client_id, text, choice }) => ({ client_id, text, choice }));
    store('sessionStorage', keyOf('tab'), { draft: ui.input.value, unsent, open: ui.panel.open });
  }

  /** Another tab read on, or started, deleted or ceased to remember the conversation. */
  function otherTab({ key, newValue }) {
    if (key !== keyOf()) return;
    const theirs = JSON.parse(newValue);
    if (theirs && theirs.token === session?.token) {
      session.read = Math.max(session.read, theirs.read);
      drawBadge();
    } else if (theirs && (!session || session.remember)) {
      reset();
      session = theirs;
      showView('chat');
      listen();
    } else if (!theirs && session?.remember) {
      session.remember = false;
      saveSession();
      wake(); // deleted, or only not remembered? The server knows
    }
  }

  function reset() {
    loop++;
    poll?.abort();
    messages.clear();
    outbox = [];
    last = 0;
    loaded = staffTyping = back = false;
    mode = 'assistant';
    urgent = null;
    staffName = '';
    drawUrgent();
    ui.log.replaceChildren();
    ui.log.setAttribute('aria-live', 'off');
    think(false);
    drawMode();
    showLink('');
    drawBadge();
  }

  function startOver(notice) {
    session = null;
    store('sessionStorage', keyOf(), null);
    store('localStorage', keyOf(), null);
    reset();
    saveTab();
    if (ui.panel.open) welcome(true, notice);
  }

  /** The server no longer knows the token. What was written and not sent becomes the draft. */
  function gone() {
    const unsent = outbox.filter(({ state, choice }) => state !== 'sent' && !choice).map((item) => item.text);
    ui.input.value = [...unsent, ui.input.value].join('\n').trim();
    grow();
    startOver(s.gone);
  }

  // ── 7. Listening ─

  /** Long-poll while there is a conversation. A new start ends the loop before. */
  async function listen() {
    const run = ++loop;
    let fails = 0;
    poll?.abort();
    if (!loaded) showLink('connecting');
    while (session && run === loop) {
      if (!clinic) await Promise.race([loadClinic().catch(() => {}), sleep(2000)]); // for the numbers in what is said
      if (run !== loop) return;
      const began = Date.now();
      let pause = 0;
      try {
        poll = new AbortController();
        const wait = loaded && !fails ? POLL_SECONDS : 0; // after a failure, know soon that it is over
        const data = await request(`/api/messages?after=${last}&wait=${wait}`, { abort: poll, seconds: wait + 15 });
        if (run !== loop) return;
        retry(); // the server answers: what failed meanwhile is sent without a tap
        fails = 0;
        showLink('');
        if (!take(data) && wait && Date.now() - began < 1000) pause = 1500; // never spin
      } catch (error) {
        if (run !== loop) return;
        if (error.status === 401) return gone();
        pause = backoff(++fails, error.retryAfter);
        showLink(navigator.onLine ? 'lost' : 'offline', fails);
      }
      if (pause) await sleep(pause);
      // A hidden tab that expects nothing, and has nothing to send, frees its connection.
      if (document.hidden && loaded && !thinking && !outbox.length && /assistant|closed/.test(mode)) return;
    }
  }

  /** The network or the patient came back: trust no connection that slept. */
  function wake() {
    if (!session) return;
    listen();
    if (navigator.onLine) retry();
  }

  function showLink(state, fails = 0) {
    const phone = fails > 2 && phoneLink();
    text(ui.state, state ? s[state] : s.subtitle);
    if (phone) ui.state.append(` ${s.lostCall} `, phone);
  }

  /** Take in {mode, staff, messages, typing}. Returns whether any of it was news. */
  function take({ mode: now = mode, staff = '', messages: list = [], typing = false, urgent: stands = null, proposed: times = [] }) {
    const live = loaded;
    const follow = atEnd || !live;
    const fresh = list.filter(({ seq }) => !messages.has(seq)).sort((a, b) => a.seq - b.seq);
    const raised = JSON.stringify(stands) !== JSON.stringify(urgent);
    const changed = now !== mode || raised || (!!staff && staff !== staffName); // a colleague may have taken over
    urgent = stands;
    proposed = times;
    if (raised) drawUrgent();
    if (staff) staffName = staff;
    let anchor = null;
    for (const message of fresh) {
      messages.set(message.seq, message);
      last = Math.max(last, message.seq);
      const node = place(message);
      if (message.from === 'patient') continue;
      anchor ||= node;
      think(false);
    }
    if (changed) {
      back = live && mode === 'staff' && now === 'assistant';
      mode = now;
      if (mode !== 'assistant') think(false);
    }
    staffTyping = typing;
    drawTyping();
    if (fresh.length || changed) drawMode();
    if (!live) {
      loaded = true;
      setTimeout(() => ui.log.setAttribute('aria-live', 'polite'), 300); // later, or the whole history would be read aloud
    }
    if (fresh.length) {
      if (live && fresh.some(({ urgent }) => urgent)) {
        ui.alert.replaceChildren(h('p', null, s.urgent)); // a new node, or it is read only once
        if (!ui.panel.open) host.show(false); // it must not wait behind a badge
      }
      markRead();
      saveTab();
      if (follow) toEnd(live && anchor);
      else if (anchor) ui.below.hidden = false;
    }
    return fresh.length || changed || typing;
  }

  // ── 8. Showing the conversation ─

  function place(message) {
    const mine = outbox.find(({ client_id }) => client_id === message.client_id);
    const node = mine ? mine.node : bubble(message);
    if (mine) {
      // The bubble on screen becomes the message: a new node would be read aloud again.
      drawNote(mine, '');
      outbox = outbox.filter((item) => item !== mine);
      node.classList.remove('unsent');
      text(node.querySelector('.body'), message.text);
    }
    node.seq = message.seq;
    const next = [...ui.log.children].find((other) => other !== node && !(other.seq < message.seq)) || null;
    if (!node.isConnected || node.nextSibling !== next) ui.log.insertBefore(node, next);
    tidy();
    return node;
  }

  function bubble({ from, name, text: words, urgent, calm, calls: given, at, sources }) {
    const calls = urgent && [];
    const when = at ? new Date(at) : new Date();
    const day = when.toDateString() === new Date().toDateString() ? {} : { weekday: 'short', day: 'numeric', month: 'short' };
    const time = when.toLocaleString(language(), { hour: 'numeric', minute: '2-digit', ...day });
    const who = from === 'staff' && name ? fill(s.staffNamed, { name }) : s[{ patient: 'you', system: 'notice' }[from] || from];
    const body = from === 'patient' ? words : rich(words, calls); // a patient's words stay as typed
    const good = (sources || []).filter(({ url }) => /^https?:/i.test(url));
    const node = h('div', { class: `msg ${from}${urgent ? ' urgent' : ''}${calm ? ' calm' : ''}`, dir: 'auto' },
      h('div', { class: /patient|system/.test(from) ? 'who sr' : 'who' }, h('b', null, who), h('span', null, time)),
      h('div', { class: 'body' },
        urgent && callButtons(given?.length ? given : calls.length ? calls : numbers()), // before the words: they may not be read
        urgent && !calm && h('p', { class: 'flag' }, icon('alert'), s.urgent),
        body,
        good.length > 0 && h('details', { class: 'from' },
          h('summary', null, `${s.sources}: ${good.map(({ title }) => title).join(', ')}`),
          h('ul', null, good.map(({ url, title }) => h('li', null, link(url, title)))))));
    node.group = from + who + !!urgent;
    return node;
  }

  /** Big buttons for [{href, label, number?}]. */
  function callButtons(list) {
    return h('div', { class: 'calls' }, list.map(({ href, label, number }) => h('a', { class: 'call', href },
      icon(/^sms/i.test(href) ? 'talk' : 'phone'), h('span', null, number || label, number && h('small', null, label)))));
  }

  /** A name is seen once per run; screen readers get it each time. */
  function tidy() {
    for (const node of ui.log.children) node.classList.toggle('cont', node.previousSibling?.group === node.group);
  }

  function drawMode() {
    const closed = mode === 'closed';
    const name = staffName || s.staff;
    const said = { waiting: urgent ? '' : s.waiting, staff: fill(s.withStaff, { name }), assistant: back ? s.back : '' }[mode] || '';
    text(ui.bar, said);
    ui.bar.hidden = !ui.bar.textContent;
    ui.bar.className = `bar ${mode}`;
    ui.ways.hidden = closed;
    ui.ended.hidden = !closed; // the form stays: what is written opens the chat again
    ui.staffWay.hidden = mode !== 'assistant';
    ui.bookWay.hidden = !!urgent?.grave; // first things first

    const own = messages.get(last)?.choices;
    const list = outbox.length || closed ? [] : own?.length ? own : proposed;
    const lost = ui.choices.contains(root.activeElement);
    ui.choices.replaceChildren(...list.map((choice) => button(choice.label, '', () => choose(choice), { dir: 'auto' })));
    ui.choices.hidden = !list.length;
    if (lost) focusIn();
  }

  /** Above all else while a red flag stands: what is happening, and whom to call. */
  function drawUrgent() {
    ui.urgent.hidden = !urgent;
    ui.urgent.className = `urgent-bar${urgent?.calm ? ' calm' : ''}`;
    ui.panel.classList.toggle('stands', !!urgent);
    if (!urgent) return ui.urgent.replaceChildren();
    ui.urgent.replaceChildren(callButtons(urgent.calls), h('p', { role: 'status' }, urgent.text));
  }

  function think(on) {
    clearTimeout(thinking);
    thinking = on ? setTimeout(think, THINKING_MS) : 0;
    drawTyping();
  }

  function drawTyping() {
    const on = staffTyping || !!thinking;
    text(ui.typing, on ? fill(s.typing, { name: mode === 'staff' ? staffName || s.staff : s.assistant }) : '');
    if (ui.dots.hidden !== on) return;
    ui.dots.hidden = !on;
    if (on && atEnd) toEnd();
  }

  /** To the end, but not past the top of `anchor`: a long answer is read from its beginning. */
  function toEnd(anchor) {
    const { scroll } = ui;
    const end = scroll.scrollHeight - scroll.clientHeight;
    scroll.scrollTop = anchor ? Math.min(end, anchor.offsetTop - 14) : end;
    atEnd = true;
  }

  function markRead() {
    if (session && ui.panel.open && !document.hidden && session.read < last) {
      session.read = last;
      saveSession();
    }
    drawBadge();
  }

  function drawBadge() {
    const n = ui.panel.open || !session ? 0 : unseen(session.read);
    const news = n ? fill(s.unread, { n }) : '';
    ui.badge.hidden = !n;
    text(ui.badge, `${n}`);
    text(ui.launchName, `${s.launcher} ${news}`);
    text(ui.polite, news);
  }

  // ── 9. Writing ─

  function grow() {
    const { input, send, count } = ui;
    const left = MAX_CHARS - input.value.trim().length;
    input.style.height = 'auto';
    const most = (ui.panel.classList.contains('low') ? 4.5 : 8.75) * em();
    input.style.height = `${Math.max(44, Math.min(most, input.scrollHeight))}px`;
    send.disabled = left < 0 || left === MAX_CHARS;
    // Not cut: the last sentence may be the one that matters.
    text(count, left > 200 ? '' : fill(left < 0 ? s.over : s.left, { n: Math.abs(left) }));
    count.classList.toggle('warn', left < 0);
  }

  function submit() {
    const words = ui.input.value.trim();
    if (ui.send.disabled) return;
    ui.input.value = '';
    grow();
    say({ text: words });
    if (!TOUCH.matches) ui.input.focus();
  }

  function choose({ key, label }) {
    say({ choice: key, text: label });
    focusIn();
  }

  function say(words) {
    back = false;
    queue({ client_id: uuid(), ...words });
    drawMode();
    toEnd();
    retry(); // what failed before goes first
  }

  function queue({ client_id, text: words, choice }) {
    const node = bubble({ from: 'patient', text: words });
    outbox.push({ client_id, text: words, choice, node, tries: 0 });
    node.classList.add('unsent');
    ui.log.append(node);
    tidy();
    saveTab();
  }

  function retry() {
    for (const item of outbox) if (item.state === 'failed') Object.assign(item, { state: '', tries: 0 });
    flush();
  }

  /** One after the other: the order written is the order stored. A repeat has the same client_id. */
  async function flush() {
    const mine = session;
    if (flushing === mine) return;
    flushing = mine;
    let item;
    while (session === mine && (item = outbox.find(({ state }) => !state || state === 'failed')) && !item.state) {
      const { client_id, choice, text: words } = item;
      const slow = setTimeout(drawNote, 1000, item, s.sending);
      try {
        const { seq } = await request('/api/messages', { method: 'POST', body: choice ? { client_id, choice } : { client_id, text: words } });
        item.state = 'sent';
        clearTimeout(slow);
        drawNote(item, '');
        item.node.classList.remove('unsent');
        if (mode === 'assistant' && !unseen(seq)) think(true);
      } catch (error) {
        clearTimeout(slow);
        if (session !== mine || !outbox.includes(item)) continue; // it had arrived after all
        if (error.status === 401) return gone();
        else if (!/^(0|408|429|5..)$/.test(error.status)) item.state = 'refused'; // does not hold back the next message
        else if (++item.tries >= SEND_TRIES || error.retryAfter > 60 || !navigator.onLine) item.state = 'failed'; // does
        drawNote(item, error.plain || (item.state ? s.notSent : s.sending));
        if (!item.state) await sleep(backoff(item.tries, error.retryAfter));
      }
      saveTab();
    }
    if (flushing === mine) flushing = null;
  }

  function drawNote({ node, state, ...item }, words) {
    node.querySelector('.note')?.remove();
    if (!words) return;
    const mine = outbox.find((other) => other.client_id === item.client_id);
    node.append(h('div', { class: 'note' }, words,
      state && button(s.tryAgain, 'plain', () => { mine.state = 'failed'; retry(); focusIn(); }),
      state && button(s.remove, 'plain', () => {
        outbox = outbox.filter((other) => other !== mine);
        node.remove();
        drawMode();
        saveTab();
        focusIn();
        flush();
      })));
    if (atEnd) toEnd();
  }

  // ── 10. The patient's controls ─

  function confirm(title, words, yes, look, act) {
    openMenu(false);
    ui.more.focus(); // a closed dialog gives the focus back to it; what was pressed in the menu is hidden by then
    const problem = h('p', { role: 'alert' });
    const go = button(yes, look, async () => {
      go.disabled = true;
      try {
        await act();
        ui.ask.close();
      } catch (error) {
        text(problem, error.plain || s.failed);
      }
      go.disabled = false;
    });
    ui.ask.replaceChildren(h('h2', { id: 'ask' }, title), h('p', null, words), problem,
      h('div', null, button(s.cancel, 'line', () => ui.ask.close(), { autofocus: true }), go));
    ui.ask.showModal();
  }

  async function erase() {
    await request('/api/conversations', { method: 'DELETE', as: 'text' }).catch((error) => {
      if (error.status !== 401) throw error; // gone already is gone
    });
    startOver(s.deleted);
  }

  async function transcript() {
    openMenu(false);
    try {
      const url = URL.createObjectURL(new Blob([await request('/api/transcript', { as: 'text' })], { type: 'text/plain;charset=utf-8' }));
      h('a', { href: url, download: s.transcriptFile }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
    } catch (error) {
      if (error.status === 401) return gone();
      confirm(s.transcript, error.plain || s.failed, s.tryAgain, 'fill', transcript);
    }
    ui.more.focus();
  }

  // ── 11. Panel, first screen, error screen ─

  function openPanel(focus) {
    const full = FULL_SCREEN.matches;
    // Modal where it covers the page, which is then inert; beside the page otherwise.
    if (full) ui.panel.showModal();
    else if (focus) ui.panel.show();
    else ui.panel.open = true; // takes no focus
    ui.launch.hidden = true;
    document.documentElement.style.overflow = full ? 'hidden' : '';
    fit();
  }

  /** Full screen means what the on-screen keyboard leaves free. */
  function fit() {
    const view = window.visualViewport;
    if (!view || !ui.panel.open || view.scale > 1.01) return; // pinch zoom is the patient's own
    const low = view.height < 32.5 * em();
    if (ui.panel.classList.contains('low') !== low) {
      ui.panel.classList.toggle('low', low);
      grow();
    }
    ui.panel.style.setProperty('--tall', `${view.height}px`);
    ui.panel.style.setProperty('--top', `${view.offsetTop}px`);
    if (atEnd) toEnd();
  }

  function focusIn() {
    // On a phone, focus in the input would raise the keyboard over the answer.
    if (ui.chat.hidden) (ui.page.querySelector('h2') || ui.more).focus();
    else (TOUCH.matches ? ui.scroll : ui.input).focus();
  }

  function showView(name) {
    const chat = name === 'chat';
    ui.page.hidden = chat;
    ui.chat.hidden = ui.more.hidden = !chat;
    ui.bar.hidden = !chat || !ui.bar.textContent;
    ui.urgent.hidden = !chat || !urgent;
    ui.rememberNow.checked = !!session?.remember;
    openMenu(false);
    grow();
  }

  function openMenu(open) {
    ui.menu.hidden = !open;
    ui.more.setAttribute('aria-expanded', open);
    if (open) [...ui.menu.children].find((node) => node.offsetHeight).focus();
  }

  function showPage(focus, ...nodes) {
    ui.page.replaceChildren(...nodes.filter(Boolean));
    showView('page');
    if (focus) focusIn();
  }

  async function loadClinic() {
    clinic = await call(`${api}/api/clinic`);
    findNumbers();
    const list = numbers();
    if (list.length) ui.emergency.replaceChildren(`${s.emergency} `, ...list.flatMap(({ label, number, href }, at) => [at ? h('span', null, ` ${label} `) : '', h('a', { href }, number)]));
  }

  async function welcome(focus, notice) {
    if (!clinic) showPage(false, h('p', { role: 'status' }, s.loading));
    try {
      await loadClinic().catch(() => sleep(1200).then(loadClinic));
    } catch {
      return showPage(focus, h('h2', { tabindex: '-1' }, s.errorTitle), h('p', null, s.errorText), phoneLink('call') || h('p', null, h('slot')),
        button(s.tryAgain, 'fill', () => welcome(true)));
    }
    if (session) return;
    const remember = h('input', { type: 'checkbox' });
    const problem = h('p', { role: 'alert' });
    const go = button(s.agree, 'fill', async () => {
      go.disabled = true;
      try {
        const lang = host.closest('[lang]')?.lang || navigator.language;
        const locale = /^[\w-]{1,16}$/.test(lang) ? lang : 'en'; // the API refuses any other, such as en_US.UTF-8
        const made = await call(`${api}/api/conversations`, { method: 'POST', body: { consent: true, locale } });
        reset();
        loaded = true;
        ui.log.setAttribute('aria-live', 'polite');
        session = { token: made.token, read: 0, remember: remember.checked };
        saveSession();
        showView('chat');
        take(made);
        focusIn();
        listen();
      } catch (error) {
        problem.replaceChildren(error.plain || s.failed, ' ', phoneLink());
      }
      go.disabled = false;
    });
    showPage(focus,
      h('h2', { tabindex: '-1' }, s.welcomeTitle),
      notice && h('p', { class: 'bar', role: 'status' }, notice),
      h('p', null, s.welcomeWhat, ' ', h('b', null, s.welcomeNot)),
      h('p', null, `${fill(s.welcomeStaff, { clinic: clinic.name })} ${clinic.hours_text || ''}`),
      h('div', { class: 'warn card' }, h('b', null, s.welcomeEmergency), ` ${s.welcomeCall}`, callButtons(numbers())),
      h('div', { class: 'quiet' }, h('h3', null, s.privacy), rich(clinic.privacy_text)),
      h('label', { class: 'check' }, remember, h('span', null, s.remember, h('small', null, s.rememberHint))),
      h('div', { class: 'start' }, h('div', { class: 'quiet' }, rich(clinic.consent_text)), problem, go));
  }

  // ── 12. The element ─

  function build() {
    try {
      s = { ...STRINGS, ...JSON.parse(host.getAttribute('strings')) };
    } catch {
      console.warn('rls-chat: strings is not JSON');
    }
    api = new URL(host.getAttribute('api') || HOME, location.href).href.replace(/\/+$/, '');
    root = host.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [SHEET];
    const part = (name, tag, attrs, ...children) => (ui[name] = h(tag, { class: name, ...attrs }, ...children));
    const way = (key, label) => button(label, 'plain', () => choose({ key, label }));

    part('badge', 'span', { 'aria-hidden': 'true' });
    part('launchName', 'span', { class: 'sr' });
    ui.launch = button([icon('talk'), h('span', { class: 'label', 'aria-hidden': 'true' }, s.launcher), ui.launchName, ui.badge],
      'launch fill', () => host.show());
    // Outside the panel: in a closed dialog they would be silent.
    part('polite', 'p', { class: 'sr', role: 'status' });
    part('alert', 'div', { class: 'sr', role: 'alert' });

    part('state', 'p', { role: 'status' });
    ui.more = button(icon('more'), 'icon', () => openMenu(ui.menu.hidden), { 'aria-label': s.menu });
    ui.rememberNow = h('input', { type: 'checkbox', change: () => { session.remember = ui.rememberNow.checked; saveSession(); } });
    part('menu', 'div', {
      focusout: ({ relatedTarget: to }) => { if (to && to !== ui.more && !ui.menu.contains(to)) openMenu(false); },
    },
      way('talk_to_staff', s.talkToStaff), way('book_appointment', s.book), // on a low screen
      button(s.newChat, '', () => confirm(s.newAsk, s.newText, s.newChat, 'fill', () => startOver())),
      button(s.transcript, '', transcript),
      h('label', { class: 'check' }, ui.rememberNow, h('span', null, s.remember, h('small', null, s.rememberHint))),
      button(s.erase, 'apart', () => confirm(s.eraseAsk, s.eraseText, s.eraseYes, 'danger', erase)));

    // In the page before its first message, or screen readers ignore it (WCAG ARIA23).
    part('log', 'div', { role: 'log' });
    part('typing', 'p', { class: 'sr', role: 'status' });
    part('dots', 'div', { 'aria-hidden': 'true', hidden: true }, h('i'), h('i'), h('i'));
    part('choices', 'div', { role: 'group', 'aria-label': s.suggested });
    part('scroll', 'div', {
      tabindex: '0', role: 'region', 'aria-label': s.conversation,
      scroll: () => {
        atEnd = ui.scroll.scrollHeight - ui.scroll.scrollTop - ui.scroll.clientHeight < 60;
        if (atEnd) ui.below.hidden = true;
      },
    }, ui.log, ui.typing, ui.dots, ui.choices);

    ui.below = button(s.newMessages, 'below fill', () => toEnd(), { hidden: true });
    ui.staffWay = way('talk_to_staff', s.talkToStaff);
    ui.bookWay = way('book_appointment', s.book);
    part('ways', 'div', null, ui.staffWay, ui.bookWay);
    part('count', 'p', { id: 'count', role: 'status' });
    part('input', 'textarea', {
      rows: '1', dir: 'auto', placeholder: s.placeholder, 'aria-label': s.message, 'aria-describedby': 'count', enterkeyhint: 'send',
      input: () => { grow(); saveTab(); },
      keydown: (event) => {
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return; // an input method at work
        event.preventDefault();
        submit();
      },
    });
    part('send', 'button', { class: 'fill', 'aria-label': s.send }, icon('send'));
    part('form', 'form', { submit: (event) => { event.preventDefault(); submit(); } }, ui.input, ui.send);
    part('ended', 'div', null, h('span', null, s.closed), button(s.newChat, 'plain', () => startOver()));
    part('chat', 'div', null, ui.scroll, h('div', { class: 'foot' }, ui.below, ui.ended, ui.ways, ui.form, ui.count));

    part('ask', 'dialog', { 'aria-labelledby': 'ask' });
    part('panel', 'dialog', {
      'aria-labelledby': 'title',
      cancel: (event) => { event.preventDefault(); host.hide(); }, // the phone's back gesture
      keydown: (event) => {
        if (event.key !== 'Escape' || event.isComposing) return;
        event.preventDefault();
        if (ui.menu.hidden) return host.hide();
        openMenu(false);
        ui.more.focus();
      },
      click: ({ target }) => { if (!ui.menu.contains(target) && !ui.more.contains(target)) openMenu(false); },
    },
    h('div', { class: 'top' }, h('div', { class: 'names' }, h('h2', { id: 'title' }, host.getAttribute('name') || s.title), ui.state),
      ui.more, button(icon('close'), 'icon', () => host.hide(), { 'aria-label': s.closeChat })),
    ui.menu, part('urgent', 'div', { hidden: true }), part('bar', 'p', { role: 'status' }), part('page', 'div'), ui.chat, part('emergency', 'p', null, s.emergencyLocal));
    root.append(ui.launch, ui.polite, ui.alert, ui.panel, ui.ask);
  }

  customElements.define('rls-chat', class extends HTMLElement {
    connectedCallback() {
      if (host && host !== this) {
        console.warn('rls-chat: one per page');
        this.hidden = true;
        return;
      }
      host = this;
      session = null;
      if (!this.shadowRoot) build();
      reset();
      off = new AbortController();
      const on = (target, types, act) => { for (const type of types.split(' ')) target?.addEventListener(type, act, { signal: off.signal }); };
      on(window, 'online offline', wake);
      on(window, 'storage', otherTab);
      on(window.visualViewport, 'resize scroll', fit);
      on(document, 'visibilitychange', () => { if (!document.hidden) { markRead(); wake(); } });
      on(document, 'click', (event) => {
        if (event.target.closest?.('[data-rls-chat]')) { event.preventDefault(); this.show(); }
      });
      on(FULL_SCREEN, 'change', () => {
        if (!ui.panel.open) return;
        const at = root.activeElement;
        ui.panel.close();
        openPanel(true);
        at?.focus();
      });

      const tab = store('sessionStorage', keyOf('tab')) || {};
      session = store('sessionStorage', keyOf()) || store('localStorage', keyOf());
      ui.input.value = tab.draft || '';
      if (session) {
        tab.unsent?.forEach(queue);
        showView('chat');
        wake();
      }
      if (tab.open ?? this.hasAttribute('open')) this.show(false);
    }

    disconnectedCallback() {
      if (host !== this) return;
      host = null;
      off.abort();
      loop++;
      poll?.abort();
      document.documentElement.style.overflow = '';
    }

    /** `focus` false: opened by the page, so the keyboard stays where it is. */
    show(focus = true) {
      if (!ui.panel.open) openPanel(focus);
      if (session) showView('chat');
      else welcome(focus);
      saveTab();
      markRead();
      toEnd();
      if (focus) focusIn();
    }

    hide() {
      const inside = root.activeElement;
      ui.launch.hidden = false; // before close(), which may give it the focus back
      ui.panel.close();
      document.documentElement.style.overflow = '';
      if (inside && !root.activeElement && document.activeElement === document.body) ui.launch.focus();
      saveTab();
      drawBadge();
    }
  });
})();
