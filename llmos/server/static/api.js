// The service's REST interface: JSON out, JSON in; a refusal is an answer, not an exception.
export class Answer {
  constructor(status, body) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.body = body;
  }

  get sentence() {
    const { reason, suggestion, error, detail } = this.body ?? {};
    if (reason) return suggestion ? `${reason}; ${suggestion}` : reason;
    if (error) return error;
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail)) return detail.map((one) => `${(one.loc ?? []).slice(1).join(".")}: ${one.msg}`).join("; ");
    return this.status ? `The service answered ${this.status}.` : "The service cannot be reached.";
  }
}

async function ask(path, options) {
  try {
    const response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
    const json = response.headers.get("content-type")?.includes("json");
    return new Answer(response.status, json ? await response.json() : { text: await response.text() });
  } catch {
    return new Answer(0, null);
  }
}

export const get = (path) => ask(path, {});
export const send = (method, path, body = {}) =>
  ask(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
export const post = (path, body) => send("POST", path, body);
