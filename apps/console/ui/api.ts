/**
 * Asking the console's server. The cookie carries the session; changes carry the console's header.
 *
 * @module
 */

/** The server's own words for a refusal. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

export function getJson<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return ask<Answer>(path, signal === undefined ? {} : { signal });
}

export function postJson(path: string, body: unknown): Promise<unknown> {
  return ask(path, { method: "POST", body: JSON.stringify(body) });
}

export function sendDelete(path: string): Promise<unknown> {
  return ask(path, { method: "DELETE" });
}

/** @throws {ApiError} */
async function ask<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(path, {
    ...init,
    headers: { "x-ashlar-console": "1", "content-type": "application/json" },
  });
  if (response.ok) return (await response.json()) as Answer;
  const problem = (await response.json().catch(() => ({}))) as {
    readonly code?: string;
    readonly detail?: string;
  };
  const text = problem.detail ?? `the console answered ${response.status}`;
  throw new ApiError(response.status, problem.code ?? "UNKNOWN", text);
}

/** Query text of what is set. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
