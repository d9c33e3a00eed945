// Small comforts. Every page works without this file.
"use strict";

const on = (type, act) => document.addEventListener(type, act);

// One key each, as long as nobody is typing: "/" to the search field, "n" to what makes something new, "?" to the list of keys.
// In a page's own part the element with that data-key comes before the frame's.
const keyed = (key) => document.querySelector(`main [data-key="${key}"]`) || document.querySelector(`[data-key="${key}"]`);
on("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable], dialog[open]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") return document.getElementById("keys")?.showModal();
  const found = ["/", "n"].includes(event.key) && keyed(event.key);
  if (!found) return;
  event.preventDefault();
  if (found.matches("input")) {
    found.focus();
    found.select();
  } else if (found.matches("summary")) {
    found.parentElement.open = true;
    found.parentElement.querySelector("a, button")?.focus();
  } else found.click();
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

// The box in the head of a list ticks all boxes of the page.
on("change", (event) => {
  const all = event.target.closest("[data-all]");
  if (all) for (const box of all.form.querySelectorAll(`input[name="${all.dataset.all}"]`)) box.checked = all.checked;
});

// How many boxes are ticked is said beside what can be done with them, which stays in sight and unfolds with the first
// tick; not on a phone, where it would lie over the list.
const countChosen = (place) => {
  const form = place.closest("form");
  const boxes = [...form.querySelectorAll(`input[name="${place.dataset.several}"]`)];
  const chosen = boxes.filter((box) => box.checked).length;
  const every = form.elements[place.dataset.every]?.checked;
  place.querySelector(".chosen").textContent = every ? "All that match are chosen" : chosen ? `${chosen} chosen` : "";
  const some = Boolean(chosen || every);
  if (some && !place.classList.contains("some") && matchMedia("(min-width: 761px)").matches) place.querySelector("details").open = true;
  place.classList.toggle("some", some);
  const all = form.querySelector(`[data-all="${place.dataset.several}"]`);
  if (all) [all.checked, all.indeterminate] = [boxes.length > 0 && chosen === boxes.length, chosen > 0 && chosen < boxes.length];
};
on("change", (event) => {
  const place = event.target.matches("input[type=checkbox]") && event.target.form?.querySelector("[data-several]");
  if (place) countChosen(place);
});
window.addEventListener("pageshow", () => document.querySelectorAll("[data-several]").forEach(countChosen)); // ticks that the browser kept

// An opportunity is dragged to another stage: it moves at once, and the server's answer draws both columns anew. What needs a
// reason, or changed meanwhile, is asked on a page of its own.
let dragged = null;
on("dragstart", (event) => {
  dragged = event.target.closest && event.target.closest(".deal[draggable]");
  if (dragged) event.dataTransfer.setData("text/plain", dragged.id);
});
on("dragover", (event) => {
  const stage = dragged && event.target.closest(".board .stage");
  if (stage) event.preventDefault();
  for (const each of document.querySelectorAll(".stage.over")) if (each !== stage) each.classList.remove("over");
  if (stage) stage.classList.add("over");
});
on("dragend", () => {
  dragged = null;
  for (const each of document.querySelectorAll(".stage.over")) each.classList.remove("over");
});
on("drop", (event) => {
  const stage = dragged && event.target.closest(".board .stage");
  if (!stage) return;
  event.preventDefault();
  if (!stage.contains(dragged)) moveDeal(dragged, stage);
});
const moveDeal = async (card, stage) => {
  const form = card.querySelector(".mover form");
  const [home, behind] = [card.parentElement, card.nextElementSibling];
  const fields = new FormData(form);
  fields.set("stage", stage.dataset.stage);
  stage.querySelector("ol").prepend(card);
  card.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action + location.search, { method: "POST", body: fields, headers: { "HX-Request": "true" } });
    if (answer.status === 422 || answer.status === 409) {
      const asked = new URLSearchParams({ stage: stage.dataset.stage, back: fields.get("back") });
      location.assign(`${form.action}?${asked}`);
      return;
    }
    if (!answer.ok) throw new Error(answer.status);
    const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const column of drawn.querySelectorAll(".stage")) {
      const there = document.getElementById(column.id);
      if (there) there.replaceWith(document.adoptNode(column));
    }
    const moved = document.getElementById(card.id);
    if (moved) moved.querySelector("a").focus();
  } catch {
    home.insertBefore(card, behind);
    card.removeAttribute("aria-busy");
    toast("The opportunity could not be moved; it is back where it was. Try again in a moment.");
  }
};

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

// The browser's own time zone is offered, where it is not the one that is chosen.
const offerZone = (offer) => {
  const field = document.getElementById(offer.dataset.ownZone);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || !field || zone === field.value) return;
  offer.querySelector("b").textContent = zone;
  offer.querySelector("button").addEventListener("click", () => {
    field.value = zone;
    offer.hidden = true;
    field.focus();
  });
  offer.hidden = false;
};

const ready = (root) => {
  for (const offer of root.querySelectorAll("[data-own-zone]")) offerZone(offer);
  for (const button of root.querySelectorAll(":is([data-removes], [data-copies], [data-scripted], [data-all])[hidden]")) button.hidden = false;
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
