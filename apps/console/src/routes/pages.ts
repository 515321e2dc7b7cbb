/**
 * The page itself: one document for every address, its script and style, and signing in.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { NotFoundError } from "../errors.ts";
import { type Access, cookieOf } from "../http/access.ts";
import { type Exchange, send } from "../http/exchange.ts";
import type { Route } from "../http/router.ts";
import type { PageBundle } from "../page-bundle.ts";

export interface PageInput {
  readonly access: Access;
  /** Settles when the page's script and style are there. */
  readonly bundle: () => Promise<PageBundle>;
  readonly system: string;
}

const pagePaths = [
  "/",
  "/graph",
  "/parts/{name}",
  "/logs",
  "/traces",
  "/traces/{id}",
  "/mailbox",
  "/mailbox/{id}",
  "/plan",
  "/events",
];

export function pageRoutes(input: PageInput): Route[] {
  const page = (exchange: Exchange): void => answerPage(exchange, input);
  const asset = (exchange: Exchange): Promise<void> => answerAsset(exchange, input);
  return [
    ...pagePaths.map((path): Route => ({ method: "GET", path, access: "open", answer: page })),
    { method: "GET", path: "/assets/{file}", access: "open", answer: asset },
  ];
}

function answerPage({ request, response, url }: Exchange, { access, system }: PageInput): void {
  const token = url.searchParams.get("token");
  if (token !== null) {
    const valid = access.isToken(token);
    if (valid) response.setHeader("set-cookie", access.sessionCookie());
    url.searchParams.delete("token");
    response.statusCode = valid ? 303 : 401;
    if (valid) {
      // The token leaves the address bar, the history, and any link that is copied.
      response.setHeader("location", `${url.pathname}${url.search}`);
      response.end();
      return;
    }
  }
  if (!access.hasSession(request)) {
    send(response, { status: 401, type: htmlType, body: signInPage(system) });
    return;
  }
  const theme = cookieOf(request, "ashlar_theme");
  send(response, { type: htmlType, body: appPage(system, theme) });
}

const htmlType = "text/html; charset=utf-8";

async function answerAsset(
  { request, response, parameters }: Exchange,
  { bundle }: PageInput,
): Promise<void> {
  const file = parameters["file"] ?? "";
  if (file === "icon.svg") {
    send(response, { type: "image/svg+xml", body: icon });
    return;
  }
  const { script, style } = await bundle();
  if (file === "app.js") sendCached(response, "text/javascript; charset=utf-8", script);
  else if (file === "app.css") sendCached(response, "text/css; charset=utf-8", style);
  else throw new NotFoundError(`asset ${file}`);

  function sendCached(to: ServerResponse, type: string, body: Uint8Array): void {
    const tag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 20)}"`;
    to.setHeader("etag", tag);
    to.setHeader("cache-control", "no-cache");
    if (request.headers["if-none-match"] === tag) {
      to.statusCode = 304;
      to.end();
      return;
    }
    send(to, { type, body });
  }
}

function appPage(system: string, theme: string | undefined): string {
  const known = theme === "light" || theme === "dark" ? ` data-theme="${theme}"` : "";
  return `<!doctype html>
<html lang="en"${known}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(system)} · Ashlar</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/app.css">
<script type="module" src="/assets/app.js"></script>
</head>
<body><div id="app"></div><noscript>The console needs JavaScript.</noscript></body>
</html>
`;
}

function signInPage(system: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · ${escapeHtml(system)}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/app.css">
</head>
<body class="sign-in"><main>
<img src="/assets/icon.svg" alt="" width="40" height="40">
<h1>This console is closed</h1>
<p>It belongs to the running system <strong>${escapeHtml(system)}</strong> and opens with its token.
Run this in the project's directory:</p>
<pre>ashlar open</pre>
<p>It prints (and opens) an address that signs this browser in.</p>
</main></body>
</html>
`;
}

/** Three dressed stones. */
const icon = [
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">',
  '<rect x="3" y="17.5" width="12" height="10" rx="1.5" fill="#8a8375"/>',
  '<rect x="17" y="17.5" width="12" height="10" rx="1.5" fill="#6f6a5e"/>',
  '<rect x="8" y="5" width="16" height="10.5" rx="1.5" fill="#3b6fd4"/>',
  "</svg>",
].join("");

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (each) => `&#${each.codePointAt(0)};`);
}
