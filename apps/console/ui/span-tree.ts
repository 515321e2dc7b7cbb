/**
 * Spans of a trace as a tree, and the tree as rows.
 *
 * @module
 */
import type { Span } from "../src/traces/span.ts";

export interface SpanNode {
  readonly span: Span;
  readonly children: readonly SpanNode[];
}

export interface SpanRow {
  readonly span: Span;
  readonly depth: number;
  /** Spans below it. */
  readonly below: number;
}

/** Spans whose parent is not here stand at the top, so that nothing is lost. */
export function spanTree(spans: readonly Span[]): readonly SpanNode[] {
  const ids = new Set(spans.map((each) => each.spanId));
  const byParent = new Map<string, Span[]>();
  for (const span of spans) {
    const parent =
      span.parentSpanId !== null && ids.has(span.parentSpanId) ? span.parentSpanId : "";
    const siblings = byParent.get(parent) ?? [];
    siblings.push(span);
    byParent.set(parent, siblings);
  }
  const placed = new Set<string>();
  const nodesOf = (parent: string): SpanNode[] =>
    (byParent.get(parent) ?? [])
      // A span that names itself or its own child as its parent would never end.
      .filter((span) => !placed.has(span.spanId) && placed.add(span.spanId))
      .toSorted((a, b) => a.startMs - b.startMs)
      .map((span) => ({ span, children: nodesOf(span.spanId) }));
  return nodesOf("");
}

export function rowsOf(
  nodes: readonly SpanNode[],
  closed: ReadonlySet<string>,
  depth = 0,
): readonly SpanRow[] {
  return nodes.flatMap(({ span, children }) => [
    { span, depth, below: countOf(children) },
    ...(closed.has(span.spanId) ? [] : rowsOf(children, closed, depth + 1)),
  ]);
}

function countOf(nodes: readonly SpanNode[]): number {
  return nodes.reduce((sum, each) => sum + 1 + countOf(each.children), 0);
}
