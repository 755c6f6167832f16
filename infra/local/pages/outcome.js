// Records what came of a call: one click, or one of the digits 1 to 5 while the focus is within the entry.
import { el, sentence, words } from "./common.js";

const OUTCOMES = ["reached", "no_answer", "wrong_number", "left", "not_theirs"];
const LONGEST_MS = 30_000;

// `send` posts one outcome and returns the reply. Whatever happens here, the answer stays as it is.
export function outcome(number, name, send) {
  const said = el("p", { class: "small", role: "status" }, "");
  const buttons = OUTCOMES.map((word, index) =>
    el("button", { type: "button", class: "quiet", onclick: () => record(word) }, `${index + 1} ${sentence(word)}`),
  );
  const choice = el("div", { class: "samples", role: "group", "aria-label": `What came of the call to ${name}?` },
    el("span", { class: "small" }, "What came of the call?"), ...buttons);
  let sending = false;

  async function record(word) {
    if (sending) return;
    sending = true;
    for (const button of buttons) button.setAttribute("aria-disabled", "true");
    const [done, text] = await result(() => send({ entry: number, outcome: word }), word);
    said.textContent = text;
    sending = false;
    if (done) choice.hidden = true;
    else for (const button of buttons) button.removeAttribute("aria-disabled");
  }

  function key(event) {
    const word = OUTCOMES[Number(event.key) - 1];
    if (!word || choice.hidden || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    record(word);
  }

  return { part: el("div", { class: "outcome" }, choice, said), key };
}

async function result(send, word) {
  try {
    const reply = await send();
    if (reply.ok) return [true, `Recorded: ${words(word)}. The authority learns of it in a weekly count, without the child or you.`];
    const problem = await reply.json();
    return [reply.status < 500 && reply.status !== 429, `Not recorded: ${problem.title}.`];
  } catch {
    return [false, "Not recorded. Try again, or leave it: the answer stays as it is."];
  }
}

export function sendOutcome(bearer, lookupId, body) {
  return fetch(`/v1/lookups/${encodeURIComponent(lookupId)}/outcomes`, {
    method: "POST",
    headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LONGEST_MS),
  });
}
