// Shows the picture that was chosen or dropped, before anything is sent.
for (const drop of document.querySelectorAll("[data-file-drop]")) {
  const input = drop.querySelector("input");
  input.addEventListener("change", () => preview(drop, input.files[0]));
  for (const name of ["dragenter", "dragover"]) input.addEventListener(name, () => drop.setAttribute("data-over", ""));
  for (const name of ["dragleave", "drop"]) input.addEventListener(name, () => drop.removeAttribute("data-over"));
}

function preview(drop, file) {
  if (!file) return;
  drop.querySelector("[data-file-name]").textContent = file.name;
  const image = drop.querySelector("[data-file-preview]");
  if (image.src.startsWith("blob:")) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(file);
  image.hidden = false;
  drop.querySelector(".icon")?.remove();
}
