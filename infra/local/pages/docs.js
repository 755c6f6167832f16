import { byId, el, fillAuthorities, stage, token } from "./common.js";

let description;

start();

async function start() {
  try {
    const [local, api] = await Promise.all([stage(), fetch("/v1/openapi.json").then((reply) => reply.json())]);
    fillAuthorities(byId("authority"), local.authorities);
    description = api;
    render();
  } catch {
    byId("calls").replaceChildren(el("p", { class: "card", role: "alert" }, "The local stage is not there. Start it with: make run"));
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
  byId("intro").textContent = plain(description.info.description);
  const tags = operations();
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
    one.description ? el("p", {}, plain(one.description)) : null,
    el("p", { class: "small soft" }, scope ? `Needs the scope ${scope}.` : "Needs no token."),
    one.requestBody ? fold("Fields of the body", fieldsOf(bodySchema(one))) : null,
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

function fieldsOf(schema, prefix = "") {
  return table(["Field", "Type", "Notes"], rowsOf(resolve(schema), prefix));
}

function rowsOf(schema, prefix, depth = 0) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, raw]) => {
    const options = (raw.anyOf ?? [raw]).map(resolve);
    const inner = options.find((option) => option.properties) ?? resolve(options.find((option) => option.items)?.items);
    const notes = [
      (schema.required ?? []).includes(name) ? "required" : "optional",
      raw.description ?? options[0].description,
      ...options.filter((option) => option.enum).map((option) => `one of: ${option.enum.join(", ")}`),
      ...options.filter((option) => option.maxLength).map((option) => `at most ${option.maxLength} characters`),
    ];
    const row = [prefix + name, options.map(kind).join(" or "), notes.filter(Boolean).map((note) => note.replace(/\.$/, "")).join("; ")];
    return [row, ...(inner?.properties && depth < 3 ? rowsOf(inner, `${prefix}${name}.`, depth + 1) : [])];
  });
}

const kind = (schema) => schema.format ?? schema.type ?? (schema.enum ? "word" : "object");

function table(heads, rows) {
  return el(
    "table",
    {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, cell))))),
  );
}

function answers(one) {
  const all = Object.entries(one.responses);
  const failures = all.filter(([status]) => status >= 400).flatMap(([status, response]) => problems(status, response));
  return el(
    "div",
    {},
    ...all.filter(([status]) => status < 400).map(([status, response]) => answer(status, response)),
    el("h3", {}, "Problems"),
    table(["Code", "Status", "What happened", "What to do"], failures),
  );
}

function answer(status, response) {
  const content = Object.values(response.content ?? {})[0];
  const fields = resolve(content?.schema).properties;
  return el(
    "div",
    {},
    el("h3", {}, el("span", { class: "status good" }, status), ` ${response.description}`),
    content ? el("pre", { tabindex: "0", "aria-label": `Example of ${status}` }, pretty(content.example)) : null,
    fields ? fold("Fields of the answer", fieldsOf(content.schema)) : null,
  );
}

function problems(status, response) {
  const examples = Object.entries(Object.values(response.content)[0].examples);
  return examples.map(([code, example]) => {
    const problem = resolve(example).value;
    return [code, status, problem.title, problem.detail];
  });
}

const plain = (text) => text.replaceAll("`", "");
const pretty = (value) => JSON.stringify(value, null, 2);

function tryIt(one, scope) {
  const id = one.operationId;
  const parameters = one.parameters ?? [];
  const example = one.requestBody ? Object.values(one.requestBody.content)[0].example : null;
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
    } catch {
      out.replaceChildren(el("p", { class: "status bad" }, "Not sent: the local stage did not answer."));
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
  const shown = [...reply.headers].filter(([name]) => ["etag", "retry-after", "x-correlation-id"].includes(name));
  return [
    el("h3", {}, el("span", { class: `status ${reply.ok ? "good" : "bad"}` }, String(reply.status)), ` ${reply.statusText}`),
    el("p", { class: "small soft" }, shown.map(([name, value]) => `${name}: ${value}`).join("   ")),
    text ? el("pre", { tabindex: "0", "aria-label": "Answer", class: "answer" }, pretty(JSON.parse(text))) : null,
    fold("The same with curl", el("pre", { tabindex: "0", "aria-label": "curl command" }, curl)),
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
