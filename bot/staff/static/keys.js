/* The console's menus and keys. Every page works without them. */
"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  if (!document.body.hasAttribute("data-signed-in")) return;

  /* ---- "Why this answer" opens what was understood, which is closed until then ---- */
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#understood-"]');
    let item = link && document.getElementById(link.hash.slice(1));
    if (!item) return;
    event.preventDefault();
    const wanted = item;
    for (; item; item = item.parentElement) if (item.matches("details")) item.open = true;
    wanted.scrollIntoView({ block: "nearest" });
    $("summary", wanted).focus();
  });

  /* ---- menus: one open at a time, Escape and a click elsewhere close them ---- */
  const closeMenus = (but) => $$("details[data-menu][open]").forEach((menu) => menu !== but && !menu.contains(but) && (menu.open = false));
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    const still = document.activeElement === document.body || menu.contains(document.activeElement); // nobody went on elsewhere
    if (menu.matches?.("details[data-menu]") && menu.open && still) $("textarea, select, input:not([type=hidden])", menu)?.focus();
  }, true);

  /* ---- keys ---- */
  const help = $("#help");
  const keysOn = $("#keys-on");
  keysOn.checked = localStorage.getItem("rla-keys") !== "off";
  keysOn.addEventListener("change", () => localStorage.setItem("rla-keys", keysOn.checked ? "on" : "off"));
  $("#help-open").hidden = false;
  $("#help-open").addEventListener("click", () => (closeMenus(null), help.showModal()));
  const move = (step) => {
    const rows = $$("#queue a.row");
    if (!rows.length) return;
    const at = rows.indexOf(document.activeElement.closest?.("a.row"));
    const from = at >= 0 ? at : rows.findIndex((row) => row.hasAttribute("aria-current")) - (step < 0 ? -1 : 0);
    rows[Math.min(rows.length - 1, Math.max(0, from + step))].focus();
  };
  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    c: () => $("#claim")?.click(),
    r: () => $("#reply")?.focus(),
    n: () => $("#note")?.focus(),
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typing?.form) {
      event.preventDefault();
      return typing.form.requestSubmit();
    }
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details[data-menu][open]");
      closeMenus(null);
      if (menu) $("summary", menu).focus();
      else if (typing) typing.blur();
      return;
    }
    if (typing || help.open || event.ctrlKey || event.metaKey || event.altKey || !keysOn.checked) return;
    const act = KEYS[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
})();
