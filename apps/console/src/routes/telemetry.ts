/**
 * Traces and mail: what the parts sent to the console.
 *
 * @module
 */
import { NotFoundError } from "../errors.ts";
import { numberFrom, send, sendJson, textFrom } from "../http/exchange.ts";
import type { Route } from "../http/router.ts";
import type { Mail } from "../mail/mailbox.ts";
import type { ConsoleState } from "../state.ts";
import type { TraceQuery } from "../traces/trace-store.ts";

const session = { access: "session" } as const;

export function traceRoutes(state: ConsoleState): Route[] {
  return [
    {
      method: "POST",
      path: "/v1/traces",
      access: "open",
      answer: (exchange) => state.receiver.receive(exchange),
    },
    {
      method: "GET",
      path: "/api/traces",
      ...session,
      answer: ({ response, url }) => {
        const { size } = state.traces;
        sendJson(response, { traces: state.traces.find(traceQuery(url)), held: size });
      },
    },
    {
      method: "GET",
      path: "/api/traces/{id}",
      ...session,
      answer: ({ response, parameters }) => {
        const traceId = parameters["id"] ?? "";
        const spans = state.traces.trace(traceId);
        if (spans === undefined) throw new NotFoundError(`trace ${traceId}: gone, or not sampled`);
        sendJson(response, { traceId, spans });
      },
    },
    {
      method: "DELETE",
      path: "/api/traces",
      ...session,
      answer: ({ response }) => {
        state.traces.clear();
        sendJson(response, { ok: true });
      },
    },
  ];
}

function traceQuery(url: URL): TraceQuery {
  const service = textFrom(url, "service");
  const search = textFrom(url, "search");
  return {
    ...(service === undefined ? {} : { service }),
    ...(search === undefined ? {} : { search }),
    minDurationMs: numberFrom(url, "minMs", { otherwise: 0, min: 0, max: 1e9 }),
    errorsOnly: url.searchParams.get("errors") === "1",
    limit: numberFrom(url, "limit", { otherwise: 200, min: 1, max: 1_000 }),
  };
}

export function mailRoutes(state: ConsoleState): Route[] {
  const mailAt = (id: string | undefined): Mail => {
    const mail = state.mailbox.get(id ?? "");
    if (mail === undefined) throw new NotFoundError(`mail ${id}`);
    return mail;
  };
  const get = (path: string, answer: Route["answer"]): Route => ({
    method: "GET",
    path,
    ...session,
    answer,
  });
  return [
    get("/api/mailbox", ({ response, url }) => {
      const search = textFrom(url, "search");
      const to = textFrom(url, "to");
      const mails = state.mailbox.list({
        ...(search === undefined ? {} : { search }),
        ...(to === undefined ? {} : { to }),
      });
      sendJson(response, { mails, received: state.mailbox.received });
    }),
    get("/api/mailbox/{id}", ({ response, parameters }) =>
      sendJson(response, mailAt(parameters["id"])),
    ),
    get("/api/mailbox/{id}/html", ({ response, parameters }) => {
      const { html } = mailAt(parameters["id"]);
      if (html === null) throw new NotFoundError("an HTML part of this mail");
      response.setHeader("content-security-policy", mailPolicy);
      send(response, {
        type: "text/html; charset=utf-8",
        body: `<!doctype html><meta charset="utf-8"><base target="_blank">${html}`,
      });
    }),
    {
      method: "DELETE",
      path: "/api/mailbox",
      ...session,
      answer: ({ response }) => sendJson(response, { removed: state.mailbox.remove() }),
    },
    {
      method: "DELETE",
      path: "/api/mailbox/{id}",
      ...session,
      answer: ({ response, parameters }) => {
        const { id } = mailAt(parameters["id"]);
        sendJson(response, { removed: state.mailbox.remove(id) });
      },
    },
  ];
}

/** A mail runs no script and loads nothing; its links open in a tab of their own. */
const mailPolicy = [
  "sandbox allow-popups allow-popups-to-escape-sandbox",
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join("; ");
