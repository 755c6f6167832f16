import { byId, el, fillAuthorities, reasons, sentence, stage, token, words } from "./common.js";
import { outcome, sendOutcome } from "./outcome.js";

const CANNOT = "Could not check. Treat as unknown; ring your duty team.";
const QUESTION = "Has another practitioner worked with this child, and whom do I ring?";
const LONGEST_MS = 30_000;
const form = byId("question");
let asked = 0;
let asking = false;
const fields = ["nhs_number", "purpose", "case_reference"];
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const on = (text) => day.format(new Date(text));

start();

async function start() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  form.addEventListener("input", forget);
  try {
    const { authorities, children, sandbox } = await stage();
    fillAuthorities(byId("authority"), authorities);
    byId("samples").replaceChildren(...children.map(sample));
    byId("sandbox").replaceChildren(...sandbox.map(sample));
    byId("nhs_number").value = children[0].nhs_number;
  } catch {
    say("failed", "Cannot ask", "The local stage is not running. Start it with: make run");
  }
}

function sample({ nhs_number, what }) {
  const take = () => {
    if (asking) return;
    byId("nhs_number").value = nhs_number;
    ask();
  };
  return el("button", { type: "button", class: "quiet", onclick: take }, what);
}

// The page never shows an answer about one child beside the number of another.
function forget() {
  asked += 1;
  clearReasons();
  byId("details").replaceChildren();
  say("", "Not asked yet", QUESTION);
}

async function ask() {
  if (asking) return;
  forget();
  const mine = asked;
  say("", "Asking", "Asking…");
  let shown = () => cannot();
  busy(true);
  try {
    const question = typed();
    const reply = await send(question);
    const body = await reply.json();
    shown = () => show(reply, body, question.nhs_number);
  } catch (error) {
    // Whatever failed, nobody may read it as "none".
    if (error.refusal) shown = () => refused(error.refusal);
  } finally {
    busy(false);
  }
  if (mine !== asked) return;
  bringIntoView(shown());
}

// Where the form is above the answer, the answer is brought to the top, so that names and phones are what the eye meets.
// A field to correct is brought to the middle, with its label and its reason.
function bringIntoView(field) {
  if (field) field.scrollIntoView({ block: "center" });
  else byId("said").scrollIntoView({ block: matchMedia("(max-width: 820px)").matches ? "start" : "nearest" });
}

// The service records each question, so the page sends none twice. `disabled` would take the focus away.
function busy(now) {
  asking = now;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", String(now));
}

function typed() {
  const question = Object.fromEntries(fields.map((name) => [name, byId(name).value.trim()]));
  return { ...question, nhs_number: question.nhs_number.replace(/[\s-]/g, "") };
}

function asker() {
  return token({
    authority: byId("authority").value,
    sub: byId("sub").value.trim(),
    role: byId("role").value.trim(),
  });
}

async function send(question) {
  const bearer = await asker();
  return fetch("/v1/lookups", {
    method: "POST",
    headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" },
    body: JSON.stringify(question),
    signal: AbortSignal.timeout(LONGEST_MS),
  });
}

function show(reply, body, number) {
  if (reply.ok) return showAnswer(body, number);
  if (reply.status >= 500 || reply.status === 429) return cannot(body);
  return refused(body);
}

function say(kind, state, statement, why = []) {
  byId("said").className = `card said ${kind}`;
  byId("state").textContent = state;
  byId("statement").textContent = statement;
  byId("reasons").replaceChildren(...why.map(({ text }) => el("li", {}, text)));
  byId("reasons").hidden = why.length === 0;
}

function cannot(problem) {
  say("failed", "Could not check", CANNOT);
  const why = "This is not an answer: it does not mean that nobody is known. Try again in a moment.";
  const report = problem?.correlation_id ? el("p", { class: "soft small" }, `To report it: ${problem.correlation_id}`) : null;
  byId("details").replaceChildren(el("div", { class: "card" }, el("p", {}, why), report));
}

function refused(problem) {
  const why = reasons(problem);
  const whole = why.some(({ field }) => byId(field)) ? "" : `${problem.title}. `;
  say("failed", "Not asked", `${whole}The question was not asked.`, why);
  why.forEach(mark);
  const field = byId(why[0].field);
  field?.focus({ preventScroll: true });
  return field;
}

function mark({ field, text }) {
  const input = byId(field);
  if (!input) return;
  input.setAttribute("aria-invalid", "true");
  const reason = el("p", { class: "reason", id: `${field}_reason` }, text);
  input.setAttribute("aria-describedby", [reason.id, input.dataset.hint].filter(Boolean).join(" "));
  input.after(reason);
}

function clearReasons() {
  for (const name of [...fields, "authority", "sub", "role"]) {
    const input = byId(name);
    input.removeAttribute("aria-invalid");
    if (input.dataset.hint) input.setAttribute("aria-describedby", input.dataset.hint);
    else input.removeAttribute("aria-describedby");
    byId(`${name}_reason`)?.remove();
  }
}

function showAnswer(answer, number) {
  const [kind, state] = answer.shielded ? ["shielded", "Known, protected"] : answer.known ? ["known", "Known"] : ["none", "None registered"];
  say(kind, state, answer.statement);
  const listed = el("ul", { class: "entries", "aria-label": "Whom to ring" }, ...answer.involvements.map((one) => entry(one, answer.lookup_id, answer.broker_desk)));
  byId("details").replaceChildren(
    ...[
      answer.involvements.length ? listed : null,
      answer.broker_desk && !answer.involvements.some((one) => one.form === "brokered") ? desk(answer.broker_desk) : null,
      coverage(answer),
      el("p", { class: "soft small" }, `About ${number}, asked on ${on(answer.asked_at)} for ${answer.case_reference}. The question is recorded under the number ${answer.lookup_id}.`),
    ].filter((part) => part !== null),
  );
}

function entry(one, lookupId, broker) {
  // An unknown form is shown like a brokered one: it says at least that somebody works with the child.
  if (one.form !== "full") return el("li", { class: "card entry" }, ...brokered({ description: one.form, ...one }, broker));
  const rung = one.practitioner?.name ?? one.team.name;
  const { part, key } = outcome(one.entry, rung, async (body) => sendOutcome(await asker(), lookupId, body));
  return el("li", { class: "card entry", onkeydown: key }, ...full(one), part);
}

function full(one) {
  const who = one.practitioner;
  const status = { current: "Current", unconfirmed: "Current, not confirmed for six months", previous: "Previous" }[one.status] ?? sentence(one.status);
  const where = one.organisation ? `${one.organisation}, ${one.authority.name}` : one.authority.name;
  const since = one.ended_on ? `${on(one.started_on)} to ${on(one.ended_on)}` : `since ${on(one.started_on)}`;
  const duty = one.authority.duty_contact;
  return [
    el(
      "div",
      {},
      el("h3", {}, who ? who.name : one.team.name),
      el("p", {}, who ? `${who.role}, ${one.team.name}` : "Ask for the team: previous work does not name the person"),
      el("p", {}, `${sentence(one.service_type)} · ${where}`),
      el("p", { class: "soft small" }, `${since}, last confirmed ${on(one.confirmed_on)}`),
      badge(one.status, status),
      one.lead_professional ? badge("plain", "Lead professional") : null,
      one.own ? badge("plain", "Your own record") : null,
      one.disputed ? badge("unconfirmed", "Disputed") : null,
    ),
    el(
      "div",
      { class: "ring" },
      phone(who?.phone ?? one.team.phone, who?.phone ? who.name : one.team.name),
      who?.phone ? el("p", { class: "small" }, "Team: ", phone(one.team.phone, one.team.name, "")) : null,
      duty ? el("p", { class: "small" }, "Day and night: ", phone(duty.phone, duty.name, "")) : null,
    ),
  ];
}

function brokered(one, broker) {
  const contact = one.contact ?? broker ?? { name: "broker desk", phone: "" };
  return [
    el(
      "div",
      {},
      el("h3", {}, sentence(one.description)),
      el("p", {}, `Ring the ${contact.name}, day and night, with the number of your question below.`),
      badge("brokered", "Through the broker desk"),
      one.own ? badge("plain", "Your own record") : null,
    ),
    el("div", { class: "ring" }, phone(contact.phone, contact.name)),
  ];
}

function desk(contact) {
  return el(
    "div",
    { class: "card entry" },
    el("div", {}, el("h3", {}, contact.name), el("p", {}, "Day and night, with the number of your question below.")),
    el("div", { class: "ring" }, phone(contact.phone, contact.name)),
  );
}

const badge = (kind, text) => el("span", { class: `badge ${kind}` }, text);
// What follows the first number, such as an option or a second number, is for a person to read.
const dialled = (number) => number.split(/[A-Za-z,;/]/)[0].replace("(0)", "").replace(/[^0-9+]/g, "");
const phone = (number, name, kind = "phone") =>
  el("a", { class: kind, href: `tel:${dialled(number)}`, "aria-label": `Ring ${name}, ${number}` }, number);

function coverage(answer) {
  const sectors = answer.coverage.map((one) => {
    const silent = one.silent.length ? ` Silent: ${one.silent.map((two) => two.name).join(", ")}.` : "";
    return el("li", {}, `${sentence(one.sector)}: ${one.reporting} of ${one.authorities} report.${silent}`);
  });
  const never = answer.withheld.never_shown;
  const hidden = never.length ? el("p", {}, `Never shown for this purpose: ${never.map(words).join(", ")}.`) : null;
  return el(
    "div",
    { class: "card" },
    el("h3", {}, "How far this answer reaches"),
    el("ul", {}, ...sectors),
    hidden,
    answer.complete ? null : el("p", {}, "Not every record could be shown: there may be more. Ring the broker desk."),
  );
}
