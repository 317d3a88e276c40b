// Asking the server for a part of a page. A refusal arrives as problem+json; its detail is thrown.
export class Refused extends Error {
  constructor(message, status = 0, problem = {}) {
    super(message);
    this.problem = problem; // what else the server told
    this.status = status; // 0 when nobody answered
  }
}

const OFFLINE = "No connection. Nothing was changed; please try again.";

export async function fetchFragment(url, name, options = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      ...options,
      headers: { "X-Fragment": name, Accept: "text/html, application/problem+json", ...options.headers },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(OFFLINE);
  }
  const body = await answer.text();
  if (!answer.ok) throw refusalOf(answer, body);
  return toElements(body);
}

export function toElements(html) {
  return new DOMParser().parseFromString(html, "text/html").body;
}

function refusalOf(answer, body) {
  if (answer.headers.get("Content-Type")?.includes("json")) {
    try {
      const problem = JSON.parse(body);
      return new Refused(problem.errors?.[0]?.detail || problem.detail || problem.title, answer.status, problem);
    } catch {
      // Falls through to the general sentence.
    }
  }
  const isFast = answer.status === 429;
  return new Refused(isFast ? "That was too fast. Please wait a moment." : "That did not work. Please try again.", answer.status);
}
