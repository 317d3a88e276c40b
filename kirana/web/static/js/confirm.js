// form[data-confirm="Question?"] asks before it is sent; data-confirm-text adds a sentence, data-confirm-button names the deed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const dialog = document.getElementById("confirm-dialog");
  if (!form.dataset.confirm || form.dataset.confirmed || !dialog?.showModal) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  document.getElementById("confirm-title").textContent = form.dataset.confirm;
  document.getElementById("confirm-text").textContent = form.dataset.confirmText || "";
  document.getElementById("confirm-yes").textContent = form.dataset.confirmButton || "Yes";
  dialog.returnValue = "";
  dialog.addEventListener("close", () => answer(form, dialog.returnValue, event.submitter), { once: true });
  dialog.showModal();
}, true);

function answer(form, value, submitter) {
  if (value !== "yes") return;
  form.dataset.confirmed = "yes";
  form.requestSubmit(submitter);
}
