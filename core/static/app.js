// Small comforts. Every page works without this file.
"use strict";

const on = (type, act) => document.addEventListener(type, act);

// "/" goes to the search field, as long as nobody is typing.
on("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const field = document.querySelector("[data-key='/']");
  if (field) {
    event.preventDefault();
    field.focus();
    field.select();
  }
});

// What stands in a field goes to the clipboard; where the browser keeps it shut, the field is selected to copy by hand.
const copyFrom = async (button) => {
  const field = document.getElementById(button.dataset.copies);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Press Ctrl+C";
  }
};

on("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  const dialog = opener && document.getElementById(opener.dataset.opens);
  if (dialog) {
    event.preventDefault();
    dialog.showModal();
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog").close();
  if (event.target.matches("dialog[open]")) event.target.close();
  const copier = event.target.closest("[data-copies]");
  if (copier) copyFrom(copier);
  const remover = event.target.closest("[data-removes]");
  if (remover) remover.parentElement.remove();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

on("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A choice that takes effect at once; the button beside it is for those without scripts.
on("change", (event) => {
  const field = event.target.closest("[data-submits]");
  if (field) field.form.requestSubmit();
});

// A page that nobody sees asks for nothing: a tab left open overnight costs no calls.
on("htmx:beforeRequest", (event) => {
  if (document.hidden) event.preventDefault();
});

// An answer that is older than what was typed since changes nothing: it is asked for again.
const typedIn = (form) => new URLSearchParams(new FormData(form)).toString();
on("htmx:beforeSend", (event) => {
  const form = event.detail.elt.closest("#draft-form");
  if (form) event.detail.xhr.typed = typedIn(form);
});
on("htmx:beforeSwap", (event) => {
  const form = document.getElementById("draft-form");
  const asked = event.detail.xhr.typed;
  if (!form || asked === undefined || asked === typedIn(form)) return;
  event.detail.shouldSwap = false;
  const asker = event.detail.requestConfig.elt; // it may have been replaced meanwhile: then its like is asked
  const again = asker.isConnected ? asker : asker.id ? document.getElementById(asker.id) : form.querySelector(`button[value="${asker.value}"]`);
  if (again && again.matches("button")) again.click();
  else htmx.trigger(again || form, "change");
});

const ready = (root) => {
  for (const button of root.querySelectorAll(":is([data-removes], [data-copies])[hidden]")) button.hidden = false;
  const tab = root.querySelector(".tabs [aria-current]"); // on a phone it may stand outside of the window
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
  const summary = root.querySelector(".errs");
  if (summary) summary.focus();
};
ready(document);
on("htmx:afterSwap", (event) => ready(event.target));

// What htmx could not do is said, and nothing on the page is touched.
const toast = (text) => {
  const place = document.getElementById("toasts");
  if (!place) return;
  const box = document.createElement("div");
  box.className = "toast error";
  box.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.textContent = text;
  const button = document.createElement("button");
  button.className = "x";
  button.type = "button";
  button.dataset.removes = "";
  button.setAttribute("aria-label", "Dismiss");
  button.textContent = "✕";
  box.append(words, button);
  place.append(box);
  place.scrollIntoView({ block: "nearest" });
};
on("htmx:sendError", () => toast("The server cannot be reached. What you typed is still here; try again in a moment."));
on("htmx:responseError", (event) => {
  const words = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").querySelector(".banner");
  toast(words ? words.textContent.trim() : "That did not work. What you typed is still here; try again in a moment.");
});

// A field that suggests: arrow keys walk through what was found, Enter opens it; without a choice Enter searches.
const listOf = (field) => document.getElementById(field.dataset.suggests);
const choose = (field, chosen) => {
  for (const one of listOf(field).children) one.setAttribute("aria-selected", String(one === chosen));
  if (chosen) {
    field.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
};
const unfold = (field, open) => {
  const list = listOf(field);
  list.hidden = !open || !list.children.length || !field.value.trim();
  field.setAttribute("aria-expanded", String(!list.hidden));
  choose(field, null);
};
on("keydown", (event) => {
  const field = event.target.closest("[data-suggests]");
  if (!field) return;
  const list = listOf(field);
  const options = [...list.children];
  const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "Enter" && at >= 0 && !list.hidden) {
    event.preventDefault();
    options[at].click();
  } else if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    unfold(field, false);
  } else if (["ArrowDown", "ArrowUp"].includes(event.key) && options.length) {
    event.preventDefault();
    if (list.hidden) unfold(field, true);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = at < 0 && step < 0 ? options.length - 1 : at + step; // one past either end is the field itself
    choose(field, options[next] || null);
  }
});
on("htmx:afterSwap", (event) => {
  const field = document.querySelector(`[data-suggests="${event.target.id}"]`);
  if (field) unfold(field, document.activeElement === field);
});
on("input", (event) => {
  if (event.target.matches("[data-suggests]") && !event.target.value.trim()) unfold(event.target, false);
});
on("focusin", (event) => {
  for (const field of document.querySelectorAll("[data-suggests][aria-expanded='true']")) {
    if (!field.parentElement.contains(event.target)) unfold(field, false);
  }
});
on("click", (event) => {
  for (const field of document.querySelectorAll("[data-suggests][aria-expanded='true']")) {
    if (!field.parentElement.contains(event.target)) unfold(field, false);
  }
});
