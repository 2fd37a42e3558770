/* What is typed is kept in this tab alone (sessionStorage) until it is sent. */
import { $, $$ } from "./page.js";

const keyOf = (field) => `rla:${new URL(field.form ? field.form.action : location.href).pathname}:${field.name}`;
const fields = (from) => $$("textarea[name]", from).filter((field) => field.form && field.name !== "draft");

export const remember = (field) =>
  field.value ? sessionStorage.setItem(keyOf(field), field.value) : sessionStorage.removeItem(keyOf(field));

export const restore = (from = document) =>
  fields(from).forEach((field) => {
    const kept = sessionStorage.getItem(keyOf(field));
    if (field.value.trim()) remember(field);
    else if (kept) field.value = kept;
    showRoom(field);
  });

/* What a form sent is done with. */
export const drop = (form) => fields(form).forEach((field) => sessionStorage.removeItem(keyOf(field)));

export const forget = () =>
  Object.keys(sessionStorage).filter((key) => key.startsWith("rla:")).forEach((key) => sessionStorage.removeItem(key));

/* Too long is refused with a count; maxlength would cut the end of what is pasted without a word. */
export const showRoom = (field) => {
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

document.addEventListener("input", (event) => {
  if (event.target.matches("textarea[name]") && event.target.form) {
    remember(event.target);
    showRoom(event.target);
  } else if (event.target.id === "unsent") sessionStorage.setItem(event.target.dataset.keep, event.target.value);
});
