// Filters, sorting and paging change the list, its heading, the count, the address and the title in place; Back undoes them.
// The form is a plain GET form: its address with the header X-Fragment: list answers just #product-list, with data-title,
// and what is around it.
import { fetchFragment } from "./fragment.js";

const form = document.getElementById("filters");
const PATIENCE = 150; // ms without any sign of waiting
let running = null;

if (form) {
  form.addEventListener("change", (event) => {
    if (!event.target.matches("[inputmode]")) go(address(), { push: true });
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await go(address(), { push: true });
    form.querySelector('[aria-invalid="true"]')?.focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-list-link]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(link.href, { push: true, scroll: true });
  });
  document.addEventListener("click", (event) => {
    if (!event.detail) return; // Enter in a field clicks the form's first button, wherever that is
    for (const open of form.querySelectorAll("details[open]")) if (!open.contains(event.target)) open.open = false;
  });
  form.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && form.querySelector("details[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
  addEventListener("popstate", () => go(location.href, {}));
}

function address() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
  const text = query.toString();
  return new URL(text ? `?${text}` : location.pathname, location.href).href;
}

async function go(url, { push, scroll }) {
  running?.abort();
  running = new AbortController();
  const { signal } = running;
  const list = document.getElementById("product-list");
  const slow = setTimeout(() => list.setAttribute("data-busy", ""), PATIENCE);
  try {
    const body = await fetchFragment(url, "list", { signal });
    const fresh = body.querySelector("#product-list");
    if (push) history.pushState(null, "", url);
    takeHead(body);
    takeCounts(body);
    fillForm(new URL(url).searchParams);
    takePrice(body);
    document.getElementById("product-list").replaceWith(fresh);
    document.getElementById("list-problem")?.remove();
    document.title = fresh.dataset.title;
    if (scroll) showStart(fresh);
  } catch (error) {
    if (error.name === "AbortError") return;
    form.querySelector("details[open]")?.removeAttribute("open"); // it would lie over what is said
    complain(list, error, url);
  } finally {
    clearTimeout(slow);
    list.removeAttribute("data-busy");
  }
}

// Texts alone: the count tells its change to those who cannot see it.
function takeHead(body) {
  for (const id of ["list-title", "product-count"])
    document.getElementById(id).textContent = body.querySelector(`#${id}`).textContent;
  document.getElementById("list-clear").replaceWith(body.querySelector("#list-clear"));
}

// Only what is inside the controls changes, so that the focus stays where it was.
function takeCounts(body) {
  for (const old of form.querySelectorAll("[data-facet]")) {
    const fresh = body.querySelector(`#filters [data-facet="${old.dataset.facet}"]`);
    if (fresh) old.replaceChildren(...fresh.childNodes);
  }
}

function showStart(list) {
  document.getElementById("list-title").scrollIntoView({ block: "start" });
  list.querySelector("a")?.focus({ preventScroll: true });
}

// The controls follow the address: after Back, and after "Clear the filters".
function fillForm(query) {
  for (const control of form.elements) {
    if (!control.name || control.type === "hidden") continue;
    if (control.type === "checkbox") control.checked = query.getAll(control.name).includes(control.value);
    else if (control.tagName === "SELECT") {
      control.value = query.get(control.name) ?? control.options[0].value;
      control.toggleAttribute("data-chosen", control.options[0].value === "" && control.value !== "");
    }
    else control.value = query.get(control.name) ?? "";
  }
  form.querySelector("[data-facet=without-name]")?.closest("summary").toggleAttribute("aria-current", query.has("without"));
}

// Which amounts count and what is wrong with the others is for the server to say. The fields stay, with what was typed.
function takePrice(body) {
  const menu = form.querySelector(".chip-menu:has([data-price-name])");
  const fresh = body.querySelector("#filters .chip-menu:has([data-price-name])");
  const summary = menu.querySelector("summary");
  copy(fresh.querySelector("summary"), summary, "aria-current");
  summary.querySelector("[data-price-name]").textContent = fresh.querySelector("[data-price-name]").textContent;
  for (const input of menu.querySelectorAll("input")) {
    const told = fresh.querySelector(`#${input.id}`);
    for (const name of ["aria-invalid", "aria-describedby"]) copy(told, input, name);
    input.closest(".field").querySelector(".field-error")?.remove();
    input.closest(".field").append(...told.closest(".field").querySelectorAll(".field-error"));
  }
  if (!fresh.open && menu.contains(document.activeElement)) summary.focus();
  menu.open = fresh.open;
}

function copy(from, to, name) {
  if (from.hasAttribute(name)) to.setAttribute(name, from.getAttribute(name));
  else to.removeAttribute(name);
}

// The last good list stays; a line above it says what happened and offers to try again.
function complain(list, error, url) {
  document.getElementById("list-problem")?.remove();
  const note = document.createElement("div");
  note.id = "list-problem";
  note.className = "banner banner-bad";
  note.setAttribute("role", "alert");
  const text = document.createElement("span");
  text.textContent = error.message;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button button-small end";
  again.textContent = "Try again";
  again.addEventListener("click", () => go(url, { push: true }));
  note.append(text, again);
  list.before(note);
}
