// Steppers change in place: the number at once, the basket when the server has answered.
//
// Contract with the server
//   form      form[data-stepper=<slug>] with data-quantity, data-increment, data-minimum, data-unit; its buttons
//             send change "+", "-" or "=" (what stands in the field "amount"); "quantity" is sent as a plain form.
//             Without scripts it is posted as it is and answered by 303 to return_to.
//   request   POST /basket/lines, urlencoded: product, change and times, or change "=" and amount, or quantity
//             (and csrf_token for a signed-in person), header X-Fragment: basket. Taps in quick succession are one.
//   answer    200, HTML of templates/shop/fragments/basket.html after the change: <section id="basket-panel"
//             data-count data-total> with one stepper per line. It is the truth: header, bottom bar and every
//             stepper of the page are set to it (a product that is not in it is not in the basket).
//   refusal   4xx, application/problem+json; its detail is shown at the stepper and the number goes back, or to the
//             most there is ("available", "largest"). After 409 or 422 to a "+" there is no more to have: "+" is
//             refused here until "-" was pressed.
//   page      #basket-page, where there is one, is fetched again and replaced once nothing is under way.
import { Refused, fetchFragment } from "./fragment.js";

const PAUSE = 500; // taps closer than this are gathered
const LARGE = { g: "kg", ml: "L" };
const known = new Map(); // slug → quantity the server last told
const wished = new Map(); // slug → what is wished and not yet answered
const said = new Map(); // slug → {text, full}: why it was refused, and whether there is no more
let underway = Promise.resolve(); // one request after another
let timer = 0;
let tapped = -PAUSE;
let isLeaving = false;

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-stepper]");
  if (!form || event.submitter?.name !== "change") return;
  event.preventDefault();
  const sign = event.submitter.value;
  const field = form.querySelector('[name="amount"]');
  if (sign === "=" || (field && field.value !== field.defaultValue)) type(form, field);
  else tap(form, sign);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-stepper]");
  // A press on one of the buttons takes the focus away first, and then means the same amount.
  if (form && event.target.name === "amount" && form.dataset.quantity !== "0") type(form, event.target, PAUSE);
});

function tap(form, sign) {
  const slug = form.dataset.stepper;
  if (sign === "+" && said.get(slug)?.full) return;
  const before = Number(form.dataset.quantity);
  const after = changed(form, sign);
  if (after === before) return;
  const last = wished.get(slug);
  const steps = (sign === "+" ? 1 : -1) + (last && !last.isSent && last.steps ? last.steps : 0);
  if (!known.has(slug)) known.set(slug, before);
  said.delete(slug);
  show(slug, after);
  say(slug);
  if (after === 0) form.querySelector('[value="+"]').focus();
  if (steps === 0) wished.delete(slug);
  else wished.set(slug, { form, steps });
  const now = performance.now();
  send(now - tapped < PAUSE ? PAUSE : 0);
  tapped = now;
}

function type(form, field, wait = 0) {
  const slug = form.dataset.stepper;
  if (wished.get(slug)?.amount === field.value) return;
  if (field.value === field.defaultValue && form.dataset.quantity !== "0") return;
  if (!known.has(slug)) known.set(slug, Number(form.dataset.quantity));
  said.delete(slug);
  say(slug);
  wished.set(slug, { form, amount: field.value });
  send(wait);
}

function changed(form, sign) {
  const { quantity, increment, minimum } = form.dataset;
  const [now, step, least] = [quantity, increment, minimum].map(Number);
  if (sign === "+") return now === 0 ? least : now + step;
  return now - step < least ? 0 : now - step;
}

function send(wait) {
  clearTimeout(timer);
  timer = setTimeout(flush, wait);
}

// Sends what is wished now; resolves when it is answered.
function flush() {
  clearTimeout(timer);
  underway = underway.then(sendAll).then(refreshPage, () => {});
  return underway;
}

async function sendAll() {
  for (const [slug, wish] of [...wished]) {
    if (wished.get(slug) === wish) await ask(slug, wish);
  }
}

async function ask(slug, wish) {
  wish.isSent = true;
  const panel = document.getElementById("basket-panel");
  panel?.setAttribute("data-busy", "");
  try {
    const answer = await fetchFragment(wish.form.action, "basket", { method: "POST", body: bodyOf(wish), keepalive: true });
    if (wished.get(slug) === wish) wished.delete(slug);
    take(answer.querySelector("#basket-panel"));
  } catch (error) {
    wished.delete(slug);
    if (!(error instanceof Refused)) throw error;
    await refused(slug, wish, error);
  } finally {
    document.getElementById("basket-panel")?.removeAttribute("data-busy");
  }
}

function bodyOf({ form, steps, amount, quantity }) {
  const body = new URLSearchParams(new FormData(form));
  for (const name of ["amount", "shown"]) body.delete(name);
  if (steps) {
    body.set("change", steps > 0 ? "+" : "-");
    body.set("times", Math.abs(steps));
  } else if (quantity) {
    body.set("quantity", quantity);
  } else {
    body.set("change", "=");
    body.set("amount", amount);
  }
  return body;
}

// More was wished than may be had: as much as there is, said at the stepper.
async function refused(slug, wish, error) {
  const isMore = wish.steps > 0 && [409, 422].includes(error.status);
  const most = isMore && floored(wish.form, error.problem.available ?? error.problem.largest ?? 0);
  if (most > known.get(slug)) await ask(slug, { form: wish.form, quantity: most });
  said.set(slug, { text: error.message, full: isMore });
  if (!wish.amount) show(slug, known.get(slug) || 0);
  say(slug);
}

function floored(form, quantity) {
  const { increment, minimum } = form.dataset;
  const floor = quantity - (quantity % increment);
  return floor >= minimum ? floor : 0;
}

// Brings the page in line with the basket that the server sent.
function take(fresh) {
  if (!fresh) return;
  const told = new Map();
  for (const form of fresh.querySelectorAll("[data-stepper]")) {
    told.set(form.dataset.stepper, Number(form.dataset.quantity));
  }
  for (const slug of new Set([...known.keys(), ...told.keys()])) known.set(slug, told.get(slug) || 0);
  const old = document.getElementById("basket-panel");
  if (old) swap(old, fresh);
  for (const slug of said.keys()) say(slug);
  for (const form of document.querySelectorAll("[data-stepper]")) {
    const slug = form.dataset.stepper;
    if (!wished.has(slug)) paint(form, told.get(slug) || 0);
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
  const same = held?.name === "amount" ? '[name="amount"]' : `[value="${held?.value}"]`;
  const scrolled = old.querySelector(".basket-lines")?.scrollTop;
  old.replaceWith(fresh);
  const lines = fresh.querySelector(".basket-lines");
  if (lines && scrolled) lines.scrollTop = scrolled;
  if (!held) return;
  const again = slug && fresh.querySelector(`[data-stepper="${CSS.escape(slug)}"] ${same}`);
  (again || fresh.querySelector("a, button") || document.getElementById("main"))?.focus({ preventScroll: true });
}

async function refreshPage() {
  const page = document.getElementById("basket-page");
  if (!page || isLeaving || wished.size > 0 || isTyping(page)) return;
  const body = await fetchFragment(location.href, "page");
  const fresh = body.querySelector("#basket-page");
  if (!fresh || wished.size > 0 || isTyping(page)) return;
  swap(page, fresh);
  for (const slug of said.keys()) say(slug);
}

// What is half typed stays; what was refused stays beside its reason.
function isTyping(page) {
  return [...page.querySelectorAll('[name="amount"]')].some((field) => field.value !== field.defaultValue);
}

function show(slug, quantity) {
  for (const form of document.querySelectorAll(`[data-stepper="${CSS.escape(slug)}"]`)) paint(form, quantity);
}

function paint(form, quantity) {
  const { unit, minimum } = form.dataset;
  const field = form.querySelector('[name="amount"]');
  form.dataset.quantity = quantity;
  if (field) {
    const text = String((quantity || minimum) / (unit in LARGE ? 1000 : 1));
    for (const input of [field, form.querySelector('[name="shown"]')]) input.value = text;
    field.defaultValue = text;
  } else {
    form.querySelector("output").textContent = quantityText(quantity, unit);
  }
}

function say(slug) {
  const { text = "", full = false } = said.get(slug) || {};
  for (const form of document.querySelectorAll(`[data-stepper="${CSS.escape(slug)}"]`)) {
    form.querySelector(".stepper-error").textContent = text;
    form.toggleAttribute("data-full", full);
    form.querySelector('[value="+"]').ariaDisabled = full ? "true" : null;
  }
}

function quantityText(quantity, unit) {
  if (!(unit in LARGE)) return String(quantity);
  return quantity >= 1000 ? `${quantity / 1000} ${LARGE[unit]}` : `${quantity} ${unit}`;
}

// Whoever goes on takes along what was just tapped.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (link && isPlain && wished.size > 0) goOnAfter(event, () => link.click());
}, true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  const isOurs = form.matches("[data-stepper]") && event.submitter?.name === "change";
  if (form.method !== "post" || isOurs || wished.size === 0) return;
  const { submitter } = event;
  goOnAfter(event, () => {
    if (form.isConnected) form.requestSubmit(submitter);
    else document.querySelector(`form[action="${form.getAttribute("action")}"]`)?.requestSubmit();
  });
}, true);

function goOnAfter(event, act) {
  event.preventDefault();
  event.stopImmediatePropagation();
  isLeaving = true;
  flush().then(() => {
    isLeaving = false;
    act();
  });
}

addEventListener("pagehide", () => {
  for (const wish of wished.values()) {
    if (wish.isSent) continue;
    fetch(wish.form.action, { method: "POST", body: bodyOf(wish), keepalive: true, headers: { "X-Fragment": "basket" } });
  }
  wished.clear();
});
