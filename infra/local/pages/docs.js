import { byId, el, fillAuthorities, reasons, stage, token } from "./common.js";

let description;
let everywhere;

start();

async function start() {
  try {
    const [local, api] = await Promise.all([stage(), fetch("/v1/openapi.json").then((reply) => reply.json())]);
    fillAuthorities(byId("authority"), local.authorities);
    description = api;
    render();
  } catch {
    byId("calls").replaceChildren(el("p", { class: "card", role: "alert" }, "The local stage is not running. Start it with: make run"));
  }
}

function operations() {
  const all = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  );
  return description.tags.map(({ name }) => ({ tag: name, calls: all.filter((one) => one.tags[0] === name) }));
}

function render() {
  byId("title").textContent = `${description.info.title}: API reference`;
  byId("intro").replaceChildren(...description.info.description.split("\n\n").map((text) => el("p", {}, ...marked(text))));
  const tags = operations();
  everywhere = inEvery(tags.flatMap(({ calls }) => calls));
  const [first] = tags.flatMap(({ calls }) => calls);
  byId("everywhere").replaceChildren(fold("Problems of every call", problemTable("Problems of every call", problems(first).filter(({ code }) => everywhere.has(code)))));
  byId("contents").replaceChildren(
    ...tags.flatMap(({ tag, calls }) => [
      el("strong", {}, tag),
      el("ul", {}, ...calls.map((one) => el("li", {}, el("a", { href: `#${one.operationId}` }, `${one.method.toUpperCase()} ${one.path.replace("/v1", "")}`)))),
    ]),
  );
  byId("calls").replaceChildren(...tags.flatMap(({ calls }) => calls.map(call)));
  if (location.hash) byId(location.hash.slice(1))?.scrollIntoView();
}

function call(one) {
  const id = one.operationId;
  const scope = one.security[0]?.token[0];
  return el(
    "section",
    { class: "card", id, "aria-labelledby": `${id}_title` },
    el("h2", { id: `${id}_title` }, one.summary),
    el("p", {}, el("span", { class: `method ${one.method}` }, one.method.toUpperCase()), el("span", { class: "path" }, one.path)),
    one.description ? el("p", {}, ...marked(one.description)) : null,
    el("p", { class: "small soft" }, scope ? `Needs the scope ${scope}.` : "Needs no token."),
    one.requestBody ? fold("Fields of the body", fieldsOf(bodySchema(one), `Fields of the body: ${one.summary}`, true)) : null,
    fold("Answers", answers(one)),
    tryIt(one, scope),
  );
}

const fold = (title, content) => el("details", {}, el("summary", {}, title), content);
const bodySchema = (one) => Object.values(one.requestBody.content)[0].schema;

function resolve(schema) {
  if (!schema?.$ref) return schema ?? {};
  return schema.$ref.split("/").slice(1).reduce((part, step) => part[step], description);
}

function fieldsOf(schema, label, sent) {
  return table(label, ["Field", "Type", "Notes"], rowsOf(resolve(schema), "", sent));
}

function rowsOf(schema, prefix, sent, depth = 0) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, raw]) => {
    const options = (raw.anyOf ?? [raw]).map(resolve);
    const needed = (schema.required ?? []).includes(name);
    const row = [prefix + name, options.map(kind).join(" or "), notes(raw, options, needed, sent)];
    const forms = depth < 3 ? options.flatMap(formsOf) : [];
    return [row, ...forms.flatMap((form) => rowsOf(form, `${prefix}${name}.`, sent, depth + 1))];
  });
}

// Returns the object itself, or that of which a list holds many. Empty for anything else.
const formsOf = (option) => [option, resolve(option.items)].filter((form) => form.properties);

function notes(raw, options, needed, sent) {
  const words = options.flatMap(wordsOf);
  const said = raw.description ?? options[0].description ?? "";
  const named = words.every((word) => said.includes(`\`${word}\``));
  return marked(
    [
      sent && needed ? "Required." : "",
      sent && !needed ? "Optional." : "",
      !sent && !needed ? "Not always present." : "",
      said,
      words.length && !named ? `${sent ? "One of" : "Known words:"} ${words.map((word) => `\`${word}\``).join(", ")}.` : "",
      ...options.filter((option) => option.maxLength).map((option) => `At most ${option.maxLength} characters.`),
      ...options.filter((option) => option.maxItems).map((option) => `${option.minItems} to ${option.maxItems} of them.`),
    ]
      .filter(Boolean)
      .join(" "),
  );
}

// The words that a field may hold if it is sent, or that are known if it is answered.
const wordsOf = (schema) => schema.enum ?? (schema.type === "string" && (schema.examples?.length ?? 0) > 2 ? schema.examples : resolve(schema.items).enum ?? resolve(schema.items).examples ?? []);
const kind = (schema) => schema.format ?? (schema.enum ? "word" : schema.type ?? "object");

// The table scrolls if the window is narrow.
function table(label, heads, rows) {
  const body = rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, ...[cell].flat()))));
  const made = el("table", {}, el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, ...body));
  return el("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": label }, made);
}

const code = (label, text, kind) => el("pre", { role: "group", tabindex: "0", "aria-label": label, class: kind }, text);

function answers(one) {
  const good = Object.entries(one.responses).filter(([status]) => status < 400);
  // A lookup lists all of them, because nobody may read one as "no".
  const own = problems(one).filter(({ code }) => !everywhere.has(code) || one.operationId === "look_up");
  return el(
    "div",
    {},
    ...good.map(([status, response]) => answer(one, status, response)),
    el("h3", {}, "Problems"),
    own.length ? problemTable(`Problems: ${one.summary}`, own) : el("p", {}, "Only the problems of every call."),
  );
}

function answer(one, status, response) {
  const content = Object.values(response.content ?? {})[0];
  const fields = resolve(content?.schema).properties;
  return el(
    "div",
    {},
    el("h3", {}, el("span", { class: "status good" }, status), ` ${response.description}`),
    content ? code(`Example of ${status}: ${one.summary}`, pretty(content.example)) : null,
    fields ? fold("Fields of the answer", fieldsOf(content.schema, `Fields of the answer ${status}: ${one.summary}`, false)) : null,
  );
}

function problems(one) {
  const failures = Object.entries(one.responses).filter(([status]) => status >= 400);
  return failures.flatMap(([status, response]) =>
    Object.entries(Object.values(resolve(response).content)[0].examples).map(([code, example]) => ({ code, status, ...resolve(example).value })),
  );
}

const problemTable = (label, all) =>
  table(label, ["Code", "Status", "What happened", "What to do"], all.map(({ code, status, title, detail }) => [code, String(status), title, detail]));

// The codes of the problems that every call can answer with.
function inEvery(calls) {
  const [first, ...others] = calls.map((one) => new Set(problems(one).map(({ code }) => code)));
  return new Set([...first].filter((code) => others.every((codes) => codes.has(code))));
}

// Text with `code` in it.
const marked = (text) => text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));
const pretty = (value) => JSON.stringify(value, null, 2);

// The dates in an example would go out of date, so the page replaces them.
const inDays = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const dated = (example) => ({
  ...example,
  ...("review_on" in example ? { review_on: inDays(300) } : {}),
  ...("confirmed_on" in example ? { confirmed_on: inDays(0) } : {}),
});

function tryIt(one, scope) {
  const id = one.operationId;
  const parameters = (one.parameters ?? []).map(resolve);
  const example = one.requestBody ? dated(Object.values(one.requestBody.content)[0].example) : null;
  const inputs = parameters.map((parameter) => ({ parameter, input: el("input", { id: `${id}_${parameter.name}`, value: parameter.example ?? "", autocomplete: "off" }) }));
  const body = example ? el("textarea", { id: `${id}_body`, spellcheck: "false", rows: Math.min(24, pretty(example).split("\n").length + 1) }) : null;
  if (body) body.value = pretty(example);
  const out = el("div", { role: "status", "aria-live": "polite", id: `${id}_out` });
  const button = el("button", { type: "submit" }, "Send");
  const submit = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      out.replaceChildren(...(await sent(one, scope, inputs, body)));
    } catch (error) {
      out.replaceChildren(...(error.refusal ? notSent(error.refusal) : [el("p", { class: "status bad" }, "No answer came. Is the local stage still running?")]));
    } finally {
      button.disabled = false;
    }
  };
  return el(
    "details",
    { class: "try" },
    el("summary", {}, "Try it"),
    el(
      "form",
      { onsubmit: submit, "aria-label": `Try ${one.summary}` },
      ...inputs.flatMap(({ parameter, input }) => [
        el("label", { for: input.id }, parameter.name, el("span", { class: "soft small" }, parameter.required ? " (required)" : " (optional)")),
        input,
      ]),
      body ? el("label", { for: body.id }, "Body") : null,
      body,
      el("div", { class: "send" }, button),
      out,
    ),
  );
}

// The sign-in fields are at the top of the page, so this shows beside the call what is wrong with them.
function notSent(problem) {
  return [el("p", { class: "status bad" }, "Not sent: nobody is signed in."), el("ul", {}, ...reasons(problem).map(({ text }) => el("li", {}, text)))];
}

async function sent(one, scope, inputs, body) {
  const headers = {};
  const query = new URLSearchParams();
  let path = one.path;
  for (const { parameter, input } of inputs) {
    const value = input.value.trim();
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value && parameter.in === "query") query.set(parameter.name, value);
    else if (value) headers[parameter.name] = value;
  }
  if (body) headers["Content-Type"] = "application/json";
  const url = query.size ? `${path}?${query}` : path;
  const curl = asCurl(one.method, url, scope, headers, body?.value);
  if (scope) {
    headers.Authorization = `Bearer ${await token({ authority: byId("authority").value, sub: byId("sub").value, role: byId("role").value })}`;
  }
  const reply = await fetch(url, { method: one.method.toUpperCase(), headers, body: body?.value });
  const text = await reply.text();
  const shown = [...reply.headers].filter(([name]) => ["etag", "retry-after", "x-correlation-id", "x-caller-correlation-id"].includes(name));
  return [
    el("h3", {}, el("span", { class: `status ${reply.ok ? "good" : "bad"}` }, String(reply.status)), ` ${reply.statusText}`),
    el("p", { class: "small soft" }, shown.map(([name, value]) => `${name}: ${value}`).join("   ")),
    text ? code(`Answer: ${one.summary}`, pretty(JSON.parse(text)), "answer") : null,
    fold("The same with curl", code(`curl command: ${one.summary}`, curl, "curl")),
  ].filter((part) => part !== null);
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function asCurl(method, url, scope, headers, body) {
  const authority = byId("authority").value;
  const lines = [`curl -s -X ${method.toUpperCase()} ${quoted(location.origin + url)}`];
  if (scope) lines.push(`-H "Authorization: Bearer $(make -s token AUTHORITY=${authority} SUB=${quoted(byId("sub").value)})"`);
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body) lines.push(`-d ${quoted(JSON.stringify(safely(body)))}`);
  return lines.join(" \\\n  ");
}

function safely(body) {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
