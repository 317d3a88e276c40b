// A plain link to the basket leaves by the form's own way back, which keeps the address that was typed.
const leave = document.querySelector('[formaction="/checkout/draft"]');

document.addEventListener("click", (event) => {
  const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!isPlain || !event.target.closest('a[href="/basket"]')) return;
  event.preventDefault();
  leave.click();
});
