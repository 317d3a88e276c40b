// Small services to plain forms: the list of errors gets the focus, a form is not sent twice by a double click, and a group of
// which one must be chosen (data-missing) says so in its own words.
document.querySelector("[data-form-errors]")?.focus();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!("once" in form.dataset) || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("data-busy", "");
});

// Each of the group is asked in turn, and all of them are content once one is chosen.
document.addEventListener("invalid", ({ target }) => {
  const group = target.closest("[data-missing]");
  if (group && target.validity.valueMissing) target.setCustomValidity(group.dataset.missing);
}, true);

document.addEventListener("change", (event) => {
  const group = event.target.closest("[data-missing]");
  for (const each of group?.querySelectorAll("input") ?? []) each.setCustomValidity("");
});

// A page that comes back from the browser's memory may be sent again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[data-busy]")?.removeAttribute("data-busy");
  }
});
