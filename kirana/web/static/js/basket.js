// Steppers change in place: the number at once, the basket when the server has answered.
//
// Contract with the server
//   form      form[data-stepper=<slug>] with data-quantity, data-increment, data-minimum, data-unit; its buttons
//             send change "+" or "-". Without scripts it is posted as it is and answered by 303 to return_to.
//   request   POST /basket/lines, urlencoded: product, change, return_to (and csrf_token for a signed-in person),
//             header X-Fragment: basket.
//   answer    200, HTML of templates/shop/fragments/basket.html after the change: <section id="basket-panel"
//             data-count data-total> with one stepper per line. It is the truth: header, bottom bar and every
//             stepper of the page are set to it (a product that is not in it is not in the basket).
//   refusal   4xx, application/problem+json; its detail is shown at the stepper and the number goes back. After 409 or
//             422 to a "+" there is no more to have: "+" is refused here until "-" was pressed.
//   page      #basket-page, where there is one, is fetched again and replaced once nothing is under way.
import { Refused, fetchFragment } from "./fragment.js";

const confirmed = new Map(); // slug → quantity the server last told
const waiting = new Map(); // slug → changes not yet answered
const limits = new Map(); // slug → why there is no more
let line = Promise.resolve(); // one request after another, in the order of the clicks

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-stepper]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const slug = form.dataset.stepper;
  const sign = event.submitter.value;
  if (sign === "+" && limits.has(slug)) return;
  const before = Number(form.dataset.quantity);
  const after = changed(form, sign);
  if (after === before) return;
  if (!confirmed.has(slug)) confirmed.set(slug, before);
  waiting.set(slug, (waiting.get(slug) || 0) + 1);
  const body = new URLSearchParams(new FormData(form, event.submitter));
  limits.delete(slug);
  show(slug, after);
  say(slug, "");
  if (after === 0) form.querySelector('[value="+"]').focus();
  line = line.then(() => send(form.action, slug, body));
});

function changed(form, sign) {
  const { quantity, increment, minimum } = form.dataset;
  const [now, step, least] = [quantity, increment, minimum].map(Number);
  if (sign === "+") return now === 0 ? least : now + step;
  return now - step < least ? 0 : now - step;
}

async function send(url, slug, body) {
  if (!waiting.get(slug)) return; // dropped after a refusal
  const panel = document.getElementById("basket-panel");
  panel?.setAttribute("data-busy", "");
  try {
    const answer = await fetchFragment(url, "basket", { method: "POST", body });
    settle(slug);
    take(answer.querySelector("#basket-panel"));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    waiting.delete(slug);
    show(slug, confirmed.get(slug) || 0);
    if (body.get("change") === "+" && [409, 422].includes(error.status)) limits.set(slug, error.message);
    say(slug, error.message);
  } finally {
    document.getElementById("basket-panel")?.removeAttribute("data-busy");
  }
  if (waiting.size === 0) await refreshPage();
}

function settle(slug) {
  const left = waiting.get(slug) - 1;
  if (left > 0) waiting.set(slug, left);
  else waiting.delete(slug);
}

// Brings the page in line with the basket that the server sent.
function take(fresh) {
  if (!fresh) return;
  const told = new Map();
  for (const form of fresh.querySelectorAll("[data-stepper]")) {
    told.set(form.dataset.stepper, Number(form.dataset.quantity));
  }
  for (const slug of new Set([...confirmed.keys(), ...told.keys()])) confirmed.set(slug, told.get(slug) || 0);
  const old = document.getElementById("basket-panel");
  if (old) swap(old, fresh);
  for (const [slug, why] of limits) say(slug, why);
  for (const form of document.querySelectorAll("[data-stepper]")) {
    const slug = form.dataset.stepper;
    if (!waiting.has(slug)) paint(form, told.get(slug) || 0);
  }
  const { count, total } = fresh.dataset;
  const spoken = `Basket, ${count} ${count === "1" ? "item" : "items"}, ${total}`;
  for (const node of document.querySelectorAll("[data-basket-spoken]")) node.textContent = spoken;
  for (const node of document.querySelectorAll("[data-basket-count]")) node.textContent = count;
  for (const node of document.querySelectorAll("[data-basket-total]")) node.textContent = total;
}

// Replaces an element and keeps focus and scroll inside it.
function swap(old, fresh) {
  const held = old.contains(document.activeElement) ? document.activeElement : null;
  const slug = held?.closest("[data-stepper]")?.dataset.stepper;
  const sign = held?.value;
  const scrolled = old.querySelector(".basket-lines")?.scrollTop;
  old.replaceWith(fresh);
  const lines = fresh.querySelector(".basket-lines");
  if (lines && scrolled) lines.scrollTop = scrolled;
  if (!held) return;
  const again = slug && fresh.querySelector(`[data-stepper="${CSS.escape(slug)}"] [value="${sign}"]`);
  (again || fresh.querySelector("a, button") || document.getElementById("main"))?.focus({ preventScroll: true });
}

async function refreshPage() {
  const page = document.getElementById("basket-page");
  if (!page) return;
  const body = await fetchFragment(location.href, "page");
  const fresh = body.querySelector("#basket-page");
  if (!fresh || waiting.size > 0) return;
  swap(page, fresh);
  for (const [slug, why] of limits) say(slug, why);
}

function show(slug, quantity) {
  for (const form of document.querySelectorAll(`[data-stepper="${CSS.escape(slug)}"]`)) paint(form, quantity);
}

function paint(form, quantity) {
  if (form.dataset.quantity === String(quantity)) return;
  form.dataset.quantity = quantity;
  form.querySelector("output").textContent = quantityText(quantity, form.dataset.unit);
}

function say(slug, message) {
  for (const form of document.querySelectorAll(`[data-stepper="${CSS.escape(slug)}"]`)) {
    form.querySelector(".stepper-error").textContent = message;
    form.toggleAttribute("data-full", limits.has(slug));
    form.querySelector('[value="+"]').ariaDisabled = limits.has(slug) ? "true" : null;
  }
}

const LARGE = { g: "kg", ml: "l" };

function quantityText(quantity, unit) {
  if (!(unit in LARGE)) return String(quantity);
  return quantity >= 1000 ? `${quantity / 1000} ${LARGE[unit]}` : `${quantity} ${unit}`;
}
