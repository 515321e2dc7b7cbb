/**
 * The two endless answers: what is new in the system, and its logs as they are written.
 *
 * @module
 */
import { describeError } from "@ashlar/foundation";
import type { LogLevel, LogQuery } from "../control.ts";
import { RequestInvalidError } from "../errors.ts";
import { type Exchange, numberFrom, sendJson, textFrom } from "../http/exchange.ts";
import type { Route } from "../http/router.ts";
import type { ConsoleState } from "../state.ts";

const session = { access: "session" } as const;
const tailMax = 5_000;

export function streamRoutes(state: ConsoleState): Route[] {
  return [
    {
      method: "GET",
      path: "/api/live",
      ...session,
      answer: ({ response, signal }) => {
        const stream = state.streams.open(response);
        state.live.join(stream, signal);
        stream.send("overview", state.overview());
      },
    },
    { method: "GET", path: "/api/logs", ...session, answer: (each) => answerLogs(state, each) },
  ];
}

/** With `follow=1` as server-sent events without end, else the last lines as JSON. */
async function answerLogs(state: ConsoleState, { url, response, signal }: Exchange): Promise<void> {
  const query = logQuery(url);
  if (query.follow !== true) {
    const lines: unknown[] = [];
    for await (const line of state.control.logs(query, signal)) lines.push(line);
    sendJson(response, { lines });
    return;
  }
  const stream = state.streams.open(response);
  try {
    for await (const line of state.control.logs(query, signal)) stream.send("line", line);
    stream.send("ended", { reason: "the supervisor closed the log" });
  } catch (error) {
    stream.send("ended", { reason: describeError(error) });
  }
  stream.end();
}

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

function logQuery(url: URL): LogQuery {
  const part = textFrom(url, "part");
  const search = textFrom(url, "search");
  const level = textFrom(url, "level");
  const known = levels.find((each) => each === level);
  if (level !== undefined && known === undefined) {
    throw new RequestInvalidError("level", levels.join(", "));
  }
  const replica = numberFrom(url, "replica", { otherwise: -1, min: -1, max: 10_000 });
  return {
    ...(part === undefined ? {} : { part }),
    ...(search === undefined ? {} : { search }),
    ...(known === undefined ? {} : { level: known }),
    ...(replica < 0 ? {} : { replica }),
    tail: numberFrom(url, "tail", { otherwise: 200, min: 0, max: tailMax }),
    follow: url.searchParams.get("follow") === "1",
  };
}
