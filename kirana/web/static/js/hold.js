// Counts down beside the time until which goods are kept: [data-hold-left] behind its <time datetime>.
const left = document.querySelector("[data-hold-left]");
const end = Date.parse(left.previousElementSibling.dateTime);
const tick = setInterval(show, 1000);
show();

function show() {
  const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
  const [minutes, rest] = [Math.floor(seconds / 60), String(seconds % 60).padStart(2, "0")];
  left.textContent = seconds > 0 ? ` (${minutes}:${rest} left)` : " (the time is over)";
  if (seconds === 0) clearInterval(tick);
}
