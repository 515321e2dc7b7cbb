/**
 * Finds what a PromQL expression names: metrics, and the labels it asks of each.
 *
 * This is no full parser: it knows tokens, brackets, label selectors and groupings, which is all
 * that is needed to prove that every metric and label exists. Functions are not typed.
 *
 * @module
 */

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

interface Matcher {
  readonly label: string;
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly text: string;
}

export interface Scan {
  readonly selectors: readonly Selector[];
  /** Labels after `by`, `without`, `on`, `ignoring`, `group_left`, `group_right`. */
  readonly groupings: readonly string[];
}

const token =
  /\s+|#[^\n]*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|(?:\d+(?:ms|[smhdwy]))+|0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[a-zA-Z_][a-zA-Z0-9_:]*|[!=]~|[!=<>]=|\$[a-zA-Z_]\w*|[-+*/%^<>=(){}[\],:@]|./gy;
const word = /^[a-zA-Z_]/;
const words: ReadonlySet<string> = new Set(
  "and or unless bool offset inf nan atan2 start end".split(" "),
);
const groupers: ReadonlySet<string> = new Set(
  "by without on ignoring group_left group_right".split(" "),
);
const closing: Readonly<Record<string, string>> = { "(": ")", "{": "}", "[": "]" };

/** What the expression names, or in words why it cannot be read. */
export function scanPromql(expression: string): Scan | string {
  const tokens = (expression.match(token) ?? []).filter((each) => !/^(\s|#)/.test(each));
  const problem = balance(tokens);
  if (problem !== undefined) return problem;
  const selectors: Selector[] = [];
  const groupings: string[] = [];
  let at = 0;
  while (at < tokens.length) {
    const text = tokens[at] ?? "";
    if (!word.test(text) || words.has(text.toLowerCase())) {
      if (text === "{") return `"{" needs a metric's name before it`;
      at++;
    } else if (groupers.has(text.toLowerCase())) {
      at = readGrouping(tokens, at + 1, groupings);
    } else if (tokens[at + 1] === "(" || isAggregation(tokens, at)) {
      at++; // A function.
    } else {
      const matchers: Matcher[] = [];
      const next = tokens[at + 1] === "{" ? readMatchers(tokens, at + 2, matchers) : at + 1;
      if (typeof next === "string") return next;
      selectors.push({ metric: text, matchers });
      at = next;
    }
  }
  return selectors.length === 0 ? "it names no metric" : { selectors, groupings };
}

/** `sum by (a) (x)`: the grouping may stand between an aggregation and its brackets. */
function isAggregation(tokens: readonly string[], at: number): boolean {
  const next = tokens[at + 1]?.toLowerCase();
  return (next === "by" || next === "without") && tokens[at + 2] === "(";
}

function balance(tokens: readonly string[]): string | undefined {
  const open: string[] = [];
  for (const text of tokens) {
    if (closing[text] !== undefined) open.push(closing[text]);
    else if (text === ")" || text === "}" || text === "]") {
      if (open.pop() !== text) return `"${text}" closes nothing`;
    } else if (text === '"' || text === "'" || text === "`") return "a text is not closed";
    else if (/^[^\w\s"'`.:$(){}[\],@!=<>+*/%^-]/.test(text) || /^[!.;?&|\\~]$/.test(text)) {
      return `"${text}" is no PromQL`;
    }
  }
  const missing = open.pop();
  return missing === undefined ? undefined : `"${missing}" is missing`;
}

function readGrouping(tokens: readonly string[], from: number, groupings: string[]): number {
  if (tokens[from] !== "(") return from;
  let at = from + 1;
  for (; at < tokens.length && tokens[at] !== ")"; at++) {
    const text = tokens[at] ?? "";
    if (word.test(text)) groupings.push(text);
  }
  return at + 1;
}

const operators: ReadonlySet<string> = new Set(["=", "!=", "=~", "!~"]);

function readMatchers(
  tokens: readonly string[],
  from: number,
  matchers: Matcher[],
): number | string {
  let at = from;
  while (tokens[at] !== "}") {
    const [label = "", operator = "", text = ""] = tokens.slice(at, at + 3);
    if (!word.test(label) || !operators.has(operator) || !/^["'`]/.test(text)) {
      return `"${[label, operator, text].join("")}" is no label matcher`;
    }
    const matcher = { label, operator: operator as Matcher["operator"], text: unquote(text) };
    matchers.push(matcher);
    at += 3;
    if (tokens[at] === ",") at++;
    else if (tokens[at] !== "}") return `"," or "}" is missing after label "${label}"`;
  }
  return at + 1;
}

function unquote(text: string): string {
  const inner = text.slice(1, -1);
  return text.startsWith("`") ? inner : inner.replaceAll(/\\(.)/g, "$1");
}
