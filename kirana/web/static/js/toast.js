// Notes at the foot of the page go away by themselves; those with an Undo form stay longer, and under the pointer they stay.
const SHOWN = 6000;
const SHOWN_WITH_UNDO = 12000;

for (const toast of document.querySelectorAll("[data-toast]:not([data-lasting])")) {
  const time = toast.querySelector("form") ? SHOWN_WITH_UNDO : SHOWN;
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
  setTimeout(leave, time);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-toast-close]")) event.target.closest("[data-toast]").remove();
});
