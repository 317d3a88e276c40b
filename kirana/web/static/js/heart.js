// Hearts change in place: POST /favourites with X-Fragment: heart answers with the form as it is now.
// The request outlives the page, for who taps and is gone.
import { Refused, fetchFragment } from "./fragment.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-heart]");
  if (!form) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  const button = form.querySelector("button");
  const before = button.ariaPressed;
  button.ariaPressed = before === "true" ? "false" : "true";
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetchFragment(form.action, "heart", { method: "POST", body, keepalive: true });
    const fresh = answer.querySelector("[data-heart]");
    form.replaceWith(fresh);
    fresh.querySelector("button").focus();
  } catch (error) {
    delete form.dataset.sent;
    button.ariaPressed = before;
    if (!(error instanceof Refused)) throw error;
    form.querySelector("[role=alert]").textContent = error.message;
  }
});
