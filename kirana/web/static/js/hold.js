// Counts down the seconds for which goods are kept: [data-hold-left=<seconds when the page was made>].
const left = document.querySelector("[data-hold-left]");
const end = performance.now() + 1000 * left.dataset.holdLeft; // whatever this machine's clock says
const tick = setInterval(show, 1000);
show();

function show() {
  const seconds = Math.max(0, Math.round((end - performance.now()) / 1000));
  const rest = String(seconds % 60).padStart(2, "0");
  left.textContent = seconds > 0 ? ` (${Math.floor(seconds / 60)}:${rest} left)` : " (the time is over)";
  if (seconds === 0) clearInterval(tick);
}
