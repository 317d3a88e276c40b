// Says at the field of a new password, while it is typed, whether it is easy to guess. The shop is
// asked, for the list of common ones is there; without an answer nothing is said.
const PAUSE = 400;

for (const field of document.querySelectorAll("[data-new-password]")) {
  const says = document.createElement("p");
  says.className = "field-error";
  says.setAttribute("role", "status");
  field.closest(".field").append(says);
  let asking = new AbortController();
  let timer;
  const check = () => {
    asking.abort();
    clearTimeout(timer);
    says.textContent = "";
    if ([...field.value].length < field.minLength) return;
    timer = setTimeout(async () => {
      asking = new AbortController();
      says.textContent = await problem(field, asking.signal);
    }, PAUSE);
  };
  field.addEventListener("input", check);
  // What was typed before this was there, or filled in by the browser, is told of too.
  check();
}

async function problem(field, signal) {
  const { email, name } = field.form.elements;
  const body = JSON.stringify({ password: field.value, email: email?.value ?? "", name: name?.value ?? "" });
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch("/api/v1/auth/password-checks", { method: "POST", headers, body, signal });
    return answer.ok ? (await answer.json()).problem : "";
  } catch {
    return "";
  }
}
