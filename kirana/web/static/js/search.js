// "/" goes to the search field from anywhere; Esc gives the focus back to where it was and leaves what was typed.
let cameFrom = null;

const isTyping = (element) => element?.closest("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  const input = document.getElementById("search-input");
  if (!input) return;
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
    event.preventDefault();
    cameFrom = document.activeElement;
    input.focus();
    input.select();
  } else if (event.key === "Escape" && event.target === input) {
    event.preventDefault(); // a browser would empty the field
    input.blur();
    if (cameFrom?.isConnected && cameFrom !== document.body) cameFrom.focus();
  }
});

// In the bottom bar "Search" needs no page of its own when the field is on this one.
document.addEventListener("click", (event) => {
  const link = event.target.closest('.bottom-bar a[href="/search"]');
  const input = document.getElementById("search-input");
  if (!link || !input) return;
  event.preventDefault();
  input.focus();
  scrollTo({ top: 0 });
});
