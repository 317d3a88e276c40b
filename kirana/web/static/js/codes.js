// Recovery codes or a new key ([data-codes]) are shown once: to the clipboard, into a file, onto paper.
const codes = [...document.querySelectorAll("[data-codes] li")].map((item) => item.textContent.trim()).join("\n");
const status = document.querySelector("[data-codes-status]");

document.querySelector("[data-codes-copy]").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(codes);
    status.textContent = "Copied.";
  } catch {
    status.textContent = "The browser does not let us copy. Mark the text and copy it yourself.";
  }
});

document.querySelector("[data-codes-download]")?.addEventListener("click", (event) => {
  const url = URL.createObjectURL(new Blob([codes, "\n"], { type: "text/plain" }));
  Object.assign(document.createElement("a"), { href: url, download: event.currentTarget.dataset.codesDownload }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
});

document.querySelector("[data-codes-print]")?.addEventListener("click", () => print());
