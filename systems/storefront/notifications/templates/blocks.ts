/**
 * The blocks that templates of every language are made of.
 *
 * @module
 */
import { formatMoney } from "../../common/money.ts";
import type { Block } from "../message.ts";
import type { TemplateContext } from "./template.ts";

/** An order's lines with what they cost. */
export interface PricedLines {
  readonly amountMinor: number;
  readonly currency: string;
  readonly lines: readonly {
    readonly name: string;
    readonly quantity: number;
    readonly unitPriceMinor: number;
  }[];
}

export function text(content: string): Block {
  return { kind: "text", text: content };
}

export function table(rows: readonly (readonly [label: string, value: string])[]): Block {
  return { kind: "table", rows: rows.map(([label, value]) => ({ label, value })) };
}

/** One row a line and one for the total. */
export function linesTable(
  order: PricedLines,
  words: { readonly locale: string; readonly total: string },
): Block {
  const { currency } = order;
  const rows = order.lines.map((line): [string, string] => [
    `${line.quantity} × ${line.name}`,
    formatMoney({ amountMinor: line.unitPriceMinor * line.quantity, currency }, words.locale),
  ]);
  return table([...rows, [words.total, formatMoney(order, words.locale)]]);
}

/** A link that carries the mailed token, and the token itself; nothing where there is no token. */
export function tokenBlocks(
  context: TemplateContext,
  words: { readonly label: string; readonly path: string; readonly code: string },
): readonly Block[] {
  if (context.token === null) return [];
  const url = new URL(words.path, `${context.shopUrl}/`);
  url.searchParams.set("token", context.token);
  return [
    { kind: "link", label: words.label, url: url.href },
    { kind: "code", label: words.code, code: context.token },
  ];
}
