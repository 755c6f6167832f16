// Functions that the pages share. They insert text as text only, never as HTML.

export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const byId = (id) => document.getElementById(id);

export async function stage() {
  const reply = await fetch("/local/stage");
  if (!reply.ok) throw new Error("no stage");
  return reply.json();
}

export async function token(who) {
  const reply = await fetch("/local/tokens", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(who),
  });
  const body = await reply.json();
  if (!reply.ok) throw Object.assign(new Error("no token"), { refusal: reply.status < 500 ? body : null });
  return body.token;
}

export function fillAuthorities(select, authorities) {
  select.replaceChildren(...authorities.map(({ code, name }) => el("option", { value: code }, `${name} (${code})`)));
}

export const words = (text) => text.replaceAll("_", " ");
export const sentence = (text) => words(text).replace(/^./, (letter) => letter.toUpperCase());
const labelOf = (field) => document.querySelector(`label[for="${CSS.escape(field)}"]`)?.textContent ?? sentence(field || "the request");

// Returns sentences that say what is wrong: one for each named field, or one for the whole request.
export function reasons({ detail, errors }) {
  if (!errors?.length) return [{ field: "", text: detail }];
  return errors.map(({ field, problem }) => ({ field, text: reason(field, problem) }));
}

function reason(field, problem) {
  if (document.getElementById(field)?.value.trim() === "") return `${labelOf(field)} is missing.`;
  if (problem.startsWith("is not a valid NHS number")) return "This is not a valid NHS number. It has ten digits, and the last one checks the others.";
  return `${labelOf(field)} ${problem}.`;
}
