/**
 * PostgreSQL URLs: taken apart, put together, and shown without their password.
 *
 * @module
 */
import { PostgresUrlError } from "./errors.ts";

export interface PostgresUrl {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Query parameters, for example `sslmode=require`. */
  readonly parameters: string;
}

/** @throws {PostgresUrlError} `POSTGRES_URL_INVALID`, which never repeats the text. */
export function parsePostgresUrl(text: string): PostgresUrl {
  const url = URL.parse(text);
  if (url === null) throw new PostgresUrlError("it cannot be parsed");
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw new PostgresUrlError(`its scheme is "${url.protocol.slice(0, -1)}"`);
  }
  return {
    host: decode(url.hostname),
    port: url.port === "" ? 5432 : Number(url.port),
    user: decode(url.username),
    password: decode(url.password),
    database: decode(url.pathname.slice(1)),
    parameters: url.search.slice(1),
  };
}

/** The inverse of {@link parsePostgresUrl}. */
export function formatPostgresUrl(url: PostgresUrl): string {
  const login =
    url.password === ""
      ? encodeURIComponent(url.user)
      : `${encodeURIComponent(url.user)}:${encodeURIComponent(url.password)}`;
  const host = url.host.startsWith("/") ? encodeURIComponent(url.host) : url.host;
  const parameters = url.parameters === "" ? "" : `?${url.parameters}`;
  const at = login === "" ? "" : `${login}@`;
  return `postgres://${at}${host}:${url.port}/${encodeURIComponent(url.database)}${parameters}`;
}

/** The same URL with `***` for the password: for logs, status and messages. */
export function redactPostgresUrl(text: string): string {
  const url = parsePostgresUrl(text);
  if (url.password === "") return formatPostgresUrl(url);
  return formatPostgresUrl({ ...url, password: "***" });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new PostgresUrlError("it has a broken percent escape");
  }
}
