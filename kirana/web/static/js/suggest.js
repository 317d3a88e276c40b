// The list below the search field while somebody types: arrows choose, Enter goes, Esc closes.
// Without an answer after a moment grey rows stand there; when none comes, a line says so and typing on asks again.
import { fetchFragment } from "./fragment.js";

const SETTLE = 80; // ms without a further letter
const PATIENCE = 150; // ms without any sign of waiting
const ROWS = 5;
const input = document.getElementById("search-input");
const form = input?.form;
let running = null;
let waiting = null;
let list = null;

if (input && form) {
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["aria-controls", "suggestions"]])
    input.setAttribute(name, value);
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    running?.abort();
    if (input.value.trim()) waiting = setTimeout(ask, SETTLE);
    else close();
  });
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", () => {
    clearTimeout(waiting);
    running?.abort();
    close();
  });
  // The field keeps the focus: what is pressed in the list is chosen before it would be closed.
  form.addEventListener("pointerdown", (event) => {
    if (event.target.closest("#suggestions")) event.preventDefault();
  });
  form.addEventListener("click", (event) => {
    const option = event.target.closest("#suggestions [data-url]");
    if (option) location.assign(option.dataset.url);
  });
}

async function ask() {
  running = new AbortController();
  const { signal } = running;
  const slow = setTimeout(() => show(greyRows()), PATIENCE);
  try {
    const body = await fetchFragment(`/search/suggestions?q=${encodeURIComponent(input.value.trim())}`, "suggestions", { signal });
    clearTimeout(slow);
    if (!signal.aborted) show(body.querySelector("#suggestions"));
  } catch (error) {
    clearTimeout(slow);
    if (error.name !== "AbortError") show(problem(error.message));
  }
}

function onKey(event) {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (!list) return;
    event.preventDefault();
    step(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const chosen = list?.querySelector('[aria-selected="true"]');
    if (!chosen) return;
    event.preventDefault();
    location.assign(chosen.dataset.url);
  } else if (event.key === "Escape") close();
}

// From the field down the options and back into the field.
function step(by) {
  const options = [...list.querySelectorAll("[data-url]")];
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  const next = at < 0 && by < 0 ? options.length - 1 : at + by;
  options[at]?.removeAttribute("aria-selected");
  const chosen = options[next];
  chosen?.setAttribute("aria-selected", "true");
  chosen?.scrollIntoView({ block: "nearest" });
  if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
  else input.removeAttribute("aria-activedescendant");
}

function show(fresh) {
  if (document.activeElement !== input) return;
  close();
  list = fresh;
  form.append(list);
  input.setAttribute("aria-expanded", "true");
}

function close() {
  list?.remove();
  list = null;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function emptyList() {
  const box = document.createElement("ul");
  box.id = "suggestions";
  box.className = "suggestions";
  box.setAttribute("role", "listbox");
  box.setAttribute("aria-label", "Suggestions");
  return box;
}

function greyRows() {
  const box = emptyList();
  box.setAttribute("aria-busy", "true");
  for (let row = 0; row < ROWS; row += 1) {
    const grey = document.createElement("li");
    grey.className = "suggestion";
    grey.setAttribute("role", "presentation");
    const bar = document.createElement("span");
    bar.className = "skeleton";
    grey.append(bar);
    box.append(grey);
  }
  return box;
}

function problem(text) {
  const box = emptyList();
  const line = document.createElement("li");
  line.className = "suggestion";
  line.id = "suggestion-none";
  line.setAttribute("role", "option");
  line.setAttribute("aria-disabled", "true");
  line.textContent = `${text} Enter searches all the same.`;
  box.append(line);
  return box;
}
