/**
 * The JSON API of the page: what is, what was measured, and the orders to the supervisor.
 *
 * @module
 */
import { findDenials } from "../denials.ts";
import { edgeRates } from "../edge-rates.ts";
import { NotFoundError, RequestInvalidError } from "../errors.ts";
import { type Exchange, numberFrom, readJsonObject, sendJson, textFrom } from "../http/exchange.ts";
import type { Route } from "../http/router.ts";
import { type PartField, type PartMeter, partFields } from "../metrics/part-meter.ts";
import { partDetail } from "../part-detail.ts";
import type { ConsoleState } from "../state.ts";

const session = { access: "session" } as const;
const bodyBytesMax = 16 * 1024;
/** Calls are counted over the last minute. */
const edgeWindowMs = 60_000;

export function apiRoutes(state: ConsoleState): Route[] {
  const get = (path: string, answer: Route["answer"]): Route => ({
    method: "GET",
    path,
    ...session,
    answer,
  });
  return [
    get("/api/overview", ({ response }) => sendJson(response, state.overview())),
    get("/api/status", ({ response }) => {
      const { status } = state.watch;
      if (status === undefined) throw new NotFoundError("status: the supervisor has not answered");
      sendJson(response, status);
    }),
    get("/api/plan", ({ response }) => {
      const { plan } = state.watch;
      if (plan === undefined) throw new NotFoundError("plan: the supervisor has not answered");
      sendJson(response, plan);
    }),
    get("/api/graph", ({ response }) => answerGraph(state, response)),
    get("/api/events", ({ response, url }) => {
      const after = numberFrom(url, "after", { otherwise: 0, min: 0, max: 1e15 });
      sendJson(response, { events: state.watch.events.filter((each) => each.id > after) });
    }),
    get("/api/denials", async ({ response, signal }) =>
      sendJson(response, { denials: await findDenials(state.control, signal) }),
    ),
    get("/api/parts/{name}", (exchange) => {
      const name = exchange.parameters["name"] ?? "";
      requirePart(state, name);
      sendJson(exchange.response, partDetail(name, state.watch.plan, state.collector));
    }),
    get("/api/metrics/series", (exchange) => answerSeries(state, exchange)),
    { method: "POST", path: "/api/parts/{name}/{action}", ...session, answer: actOn(state) },
  ];
}

function answerGraph(state: ConsoleState, response: Exchange["response"]): void {
  const { plan } = state.watch;
  if (plan === undefined) {
    sendJson(response, { edges: [], windowMs: edgeWindowMs });
    return;
  }
  const edges = edgeRates({
    plan,
    traces: state.traces.recent(edgeWindowMs),
    windowMs: edgeWindowMs,
    measured: (part) => state.collector.part(part)?.series.last("requestsPerSecond") ?? null,
  });
  sendJson(response, { edges, windowMs: edgeWindowMs });
}

function requirePart(state: ConsoleState, name: string): void {
  const known = state.watch.status?.parts.some((each) => each.name === name) ?? false;
  if (!known) throw new NotFoundError(`part "${name}"`);
}

/** `?part=` or `?instance=`, with `&fields=a,b` or `&metric=`, `&minutes=`. */
function answerSeries(state: ConsoleState, { url, response }: Exchange): void {
  const meter = meterFrom(state, url);
  const minutes = numberFrom(url, "minutes", { otherwise: 15, min: 0.1, max: 15 });
  const sinceMs = state.environment.clock.wallMs() - minutes * 60_000;
  const metric = textFrom(url, "metric");
  if (metric !== undefined) {
    const history = meter.custom.get(metric);
    if (history === undefined) throw new NotFoundError(`metric "${metric}"`);
    const { times, values } = history.series.slice(["value"], sinceMs);
    sendJson(response, { times, series: { [metric]: values.value } });
    return;
  }
  const fields = fieldsFrom(textFrom(url, "fields"));
  const { times, values } = meter.series.slice(fields, sinceMs);
  sendJson(response, { times, series: values });
}

function meterFrom(state: ConsoleState, url: URL): PartMeter {
  const part = textFrom(url, "part");
  const instance = textFrom(url, "instance");
  const name = part ?? instance;
  if (name === undefined) throw new RequestInvalidError("part", "the name of a part");
  const meter = part === undefined ? state.collector.replica(name) : state.collector.part(part);
  if (meter === undefined) throw new NotFoundError(`metrics of "${name}"`);
  return meter;
}

function fieldsFrom(text: string | undefined): readonly PartField[] {
  if (text === undefined) return partFields;
  return text.split(",").map((field) => {
    const known = partFields.find((each) => each === field);
    if (known === undefined) throw new RequestInvalidError("fields", partFields.join(", "));
    return known;
  });
}

const signals: ReadonlySet<string> = new Set(["SIGKILL", "SIGTERM", "SIGSTOP", "SIGCONT"]);

function actOn(state: ConsoleState): Route["answer"] {
  return async ({ request, response, parameters }) => {
    const part = parameters["name"] ?? "";
    requirePart(state, part);
    const body = await readJsonObject(request, bodyBytesMax);
    await order(state, { part, action: parameters["action"] ?? "", body });
    state.log.info("part ordered", { part, action: parameters["action"] });
    await state.watch.refresh();
    sendJson(response, { ok: true });
  };
}

async function order(
  { control }: ConsoleState,
  wanted: {
    readonly part: string;
    readonly action: string;
    readonly body: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const { part, action, body } = wanted;
  switch (action) {
    case "start":
      return await control.start(part);
    case "stop":
      return await control.stop(part);
    case "restart":
      return await control.restart(part);
    case "scale":
      return await control.scale(part, wholeNumber(body["replicas"], "replicas", 1_000));
    case "kill": {
      const { replica, signal } = body;
      const known = typeof signal === "string" && signals.has(signal);
      if (signal !== undefined && !known) {
        throw new RequestInvalidError("signal", [...signals].join(", "));
      }
      return await control.kill(part, {
        ...(replica === undefined ? {} : { replica: wholeNumber(replica, "replica", 1_000) }),
        ...(signal === undefined ? {} : { signal: signal as NodeJS.Signals }),
      });
    }
    default:
      throw new NotFoundError(`action "${action}": one of start, stop, restart, scale, kill`);
  }
}

function wholeNumber(value: unknown, name: string, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max) {
    return value;
  }
  throw new RequestInvalidError(name, `a whole number from 0 to ${max}`);
}
