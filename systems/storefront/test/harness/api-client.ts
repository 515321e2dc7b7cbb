/**
 * Calls to a service in a test: what came back, whole.
 *
 * @module
 */

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look at answers of every shape
  readonly body: any;
}

export interface ApiCall {
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function call(method: string, url: string, sent: ApiCall = {}): Promise<ApiAnswer> {
  const headers: Record<string, string> = { ...sent.headers };
  if (sent.token !== undefined) headers["authorization"] = `Bearer ${sent.token}`;
  const payload = sent.raw ?? (sent.body === undefined ? null : JSON.stringify(sent.body));
  if (payload !== null) headers["content-type"] ??= "application/json";
  const response = await fetch(url, { method, headers, body: payload, redirect: "manual" });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: jsonOf(text) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
