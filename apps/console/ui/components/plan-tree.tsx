/**
 * A JSON document as a tree that folds. With a search only the branches with a match are open.
 *
 * @module
 */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../format.ts";
import { Icon } from "./icons.tsx";

/** Paths (joined with `/`) whose key or plain value contains the text. */
export function matchingPaths(value: unknown, search: string): ReadonlySet<string> {
  const found = new Set<string>();
  const wanted = search.toLowerCase();
  if (wanted === "") return found;
  const visit = (key: string, path: string, each: unknown): void => {
    const own = isBranch(each) ? "" : String(each);
    if (path !== "" && `${key} ${own}`.toLowerCase().includes(wanted)) found.add(path);
    if (!isBranch(each)) return;
    for (const [name, child] of entriesOf(each)) visit(name, `${path}/${name}`, child);
  };
  visit("", "", value);
  return found;
}

export function PlanTree(props: {
  value: unknown;
  found: ReadonlySet<string>;
  search: string;
}): JSX.Element {
  return (
    <div class="tree" role="tree" aria-label="Plan">
      {entriesOf(props.value).map(([name, value]) => (
        <Branch
          key={name}
          name={name}
          value={value}
          path={`/${name}`}
          depth={0}
          found={props.found}
          search={props.search}
        />
      ))}
    </div>
  );
}

interface BranchProps {
  readonly name: string;
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
  readonly found: ReadonlySet<string>;
  readonly search: string;
}

function Branch(props: BranchProps): JSX.Element | null {
  const { name, value, path, depth, found, search } = props;
  const holds = search !== "" && [...found].some((each) => each.startsWith(`${path}/`));
  const [open, setOpen] = useState(holds || (search === "" && depth === 0 && opensAtFirst(name)));
  const hit = found.has(path);
  if (search !== "" && !holds && !hit && depth === 0) return null;
  const indent = { paddingLeft: `${12 + depth * 18}px` };
  if (!isBranch(value)) {
    return (
      <div class="leaf" role="treeitem" style={indent}>
        <span class="fold" />
        <span class="key">{highlighted(name, search)}</span>
        <span class={`value ${typeof value}`}>{highlighted(JSON.stringify(value), search)}</span>
      </div>
    );
  }
  const entries = entriesOf(value);
  const shown = search === "" ? entries : entries.filter(([key]) => fits(`${path}/${key}`, props));
  return (
    <div role="treeitem" aria-expanded={open}>
      <button type="button" class="leaf" style={indent} onClick={() => setOpen(!open)}>
        <span class={`fold${open ? " open" : ""}`}>
          {entries.length === 0 ? null : <Icon name="chevron" size={12} />}
        </span>
        <span class="key">{highlighted(name, search)}</span>
        <span class="muted">{summaryOf(value, entries.length)}</span>
      </button>
      {open
        ? (hit && shown.length === 0 ? entries : shown).map(([key, child]) => (
            <Branch
              key={key}
              name={key}
              value={child}
              path={`${path}/${key}`}
              depth={depth + 1}
              found={found}
              search={search}
            />
          ))
        : null}
    </div>
  );
}

/** A branch that matches by its own name shows all that is in it. */
function fits(path: string, { found, path: parent }: BranchProps): boolean {
  if (found.has(path) || found.has(parent)) return true;
  const steps = parent.split("/");
  for (let at = 2; at <= steps.length; at++) {
    if (found.has(steps.slice(0, at).join("/"))) return true;
  }
  return [...found].some((each) => each.startsWith(`${path}/`));
}

function opensAtFirst(name: string): boolean {
  return name === "parts" || name === "owner" || name === "startOrder";
}

function summaryOf(value: object, count: number): string {
  if (Array.isArray(value)) return plural(count, "item");
  const { kind, summary } = value as { readonly kind?: unknown; readonly summary?: unknown };
  const words = [kind, summary].filter((each) => typeof each === "string" && each !== "");
  return words.length > 0 ? words.join(", ") : count === 0 ? "empty" : plural(count, "field");
}

function highlighted(text: string, search: string): JSX.Element {
  const at = search === "" ? -1 : text.toLowerCase().indexOf(search.toLowerCase());
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + search.length)}</mark>
      {text.slice(at + search.length)}
    </>
  );
}

function isBranch(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isBranch(value) ? Object.entries(value) : [];
}
