/**
 * What a person is told, apart from how it is sent: a title, a short form, and blocks of text.
 *
 * Templates write messages; this module turns one into plain text and into HTML. Only here is
 * markup written, and every value that enters it is escaped.
 *
 * - MG1  No character of a value can open a tag, an attribute or a link: `& < > " '` are escaped.
 * - MG2  Links lead to `https:` or `http:` addresses only.
 * - MG3  A subject is one line: control characters never reach a mail header.
 *
 * @module
 */

export type Block =
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "table";
      readonly rows: readonly { readonly label: string; readonly value: string }[];
    }
  | { readonly kind: "link"; readonly label: string; readonly url: string }
  | { readonly kind: "code"; readonly label: string; readonly code: string };

export interface Message {
  /** The mail's subject and the notification's title. */
  readonly title: string;
  /** One sentence: the notification's body, the whole SMS, the push message. */
  readonly summary: string;
  readonly blocks: readonly Block[];
}

export interface Letterhead {
  readonly shopName: string;
  readonly shopUrl: string;
  /** BCP 47, for the page's language. */
  readonly locale: string;
  readonly greeting: string;
  readonly signature: string;
}

/** The title as a header value (MG3), at most 200 characters. */
export function subjectOf(message: Message): string {
  // oxlint-disable-next-line no-control-regex -- these are what must not pass
  return message.title.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ").slice(0, 200);
}

export function renderText(message: Message, head: Letterhead): string {
  const body = message.blocks.map(textOf).join("\n\n");
  return `${head.greeting}\n\n${body}\n\n${head.signature}\n${head.shopUrl}\n`;
}

function textOf(block: Block): string {
  switch (block.kind) {
    case "text":
      return block.text;
    case "table":
      return block.rows.map((row) => `  ${row.label}: ${row.value}`).join("\n");
    case "link":
      return `${block.label}: ${safeUrl(block.url)}`;
    case "code":
    default:
      return `${block.label}:\n${block.code}`;
  }
}

const style = {
  body: "margin:0;padding:24px;background:#f4f2ee;font:16px/1.5 system-ui,sans-serif;color:#222",
  card: "max-width:560px;margin:auto;background:#fff;border-radius:8px;padding:32px",
  title: "font-size:20px;margin:0 0 16px",
  label: "padding:4px 16px 4px 0;vertical-align:top",
  value: "padding:4px 0;text-align:right;white-space:nowrap",
  button:
    "display:inline-block;background:#1f4d3a;color:#fff;padding:10px 18px;border-radius:6px;text-decoration:none",
  code: "word-break:break-all;background:#f4f2ee;padding:8px;border-radius:4px;display:block",
  foot: "color:#777;font-size:13px;margin:24px 0 0",
} as const;

export function renderHtml(message: Message, head: Letterhead): string {
  const blocks = message.blocks.map(htmlOf).join("\n");
  return `<!doctype html>
<html lang="${escape(head.locale)}">
<head><meta charset="utf-8"><title>${escape(subjectOf(message))}</title></head>
<body style="${style.body}"><div style="${style.card}">
<h1 style="${style.title}">${escape(message.title)}</h1>
<p>${escape(head.greeting)}</p>
${blocks}
<p style="${style.foot}">${escape(head.signature)}<br><a href="${escape(safeUrl(head.shopUrl))}">${escape(head.shopName)}</a></p>
</div></body>
</html>
`;
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case "text":
      return `<p>${escape(block.text)}</p>`;
    case "table": {
      const rows = block.rows.map(
        ({ label, value }) =>
          `<tr><td style="${style.label}">${escape(label)}</td><td style="${style.value}">${escape(value)}</td></tr>`,
      );
      return `<table style="width:100%;border-collapse:collapse">${rows.join("")}</table>`;
    }
    case "link":
      return `<p><a style="${style.button}" href="${escape(safeUrl(block.url))}">${escape(block.label)}</a></p>`;
    case "code":
    default:
      return `<p>${escape(block.label)}<code style="${style.code}">${escape(block.code)}</code></p>`;
  }
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** MG1 */
function escape(value: string): string {
  return value.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? "");
}

/** MG2: anything else becomes a link to nowhere. */
function safeUrl(text: string): string {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url.href : "#";
}
