// Ticked rows of a table: the bar [data-bulk] of the form shows while something is ticked; [data-tick-all] ticks all rows.
for (const bar of document.querySelectorAll("[data-bulk]")) {
  const form = bar.closest("form");
  const boxes = () => [...form.querySelectorAll("tbody input[type=checkbox]")];
  const all = form.querySelector("[data-tick-all]");
  form.addEventListener("change", (event) => {
    if (event.target === all) for (const box of boxes()) box.checked = all.checked;
    const ticked = boxes().filter((box) => box.checked).length;
    bar.hidden = ticked === 0;
    bar.querySelector("[data-bulk-count]").textContent = ticked;
    if (all) all.indeterminate = ticked > 0 && ticked < boxes().length;
  });
}
