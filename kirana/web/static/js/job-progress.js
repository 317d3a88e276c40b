// Looks after long jobs: [data-job=<url>][data-active] is asked for again with X-Fragment: job and replaced
// until the answer is no longer active. The page may be left at any time.
import { fetchFragment } from "./fragment.js";

const PACE = 1000;
const PACE_AFTER_FAILURE = 5000;

for (const card of document.querySelectorAll("[data-job][data-active]")) setTimeout(() => look(card), PACE);

async function look(card) {
  let pace = PACE;
  try {
    const body = await fetchFragment(card.dataset.job, "job");
    const fresh = body.querySelector("[data-job]");
    if (fresh) {
      card.replaceWith(fresh);
      card = fresh;
    }
  } catch {
    pace = PACE_AFTER_FAILURE;
  }
  if ("active" in card.dataset && card.isConnected) setTimeout(() => look(card), pace);
}
