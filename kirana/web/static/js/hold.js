// Counts down the seconds for which goods are kept: [data-hold-left=<seconds when the page was made>].
const left = document.querySelector("[data-hold-left]");
const end = performance.now() + 1000 * left.dataset.holdLeft; // whatever this machine's clock says
const tick = setInterval(show, 1000);
show();

function show() {
  const seconds = Math.max(0, Math.round((end - performance.now()) / 1000));
  const rest = String(seconds % 60).padStart(2, "0");
  left.textContent = ` (${Math.floor(seconds / 60)}:${rest} left)`;
  if (seconds > 0) return;
  clearInterval(tick);
  const note = left.closest(".hold");
  note.querySelector("p span").textContent = "The time is over: nothing is kept for you any more. You can order all the same, as long as it is there.";
  note.querySelector("[data-hold-again]")?.removeAttribute("hidden");
}
