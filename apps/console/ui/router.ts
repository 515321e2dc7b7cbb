/**
 * Which page is shown: the address is the only state, so that every view can be linked.
 *
 * @module
 */
import { computed, type ReadonlySignal, signal } from "@preact/signals";

const address = signal(read());

/** Path segments: `/parts/users` is `["parts", "users"]`. */
export const segments: ReadonlySignal<readonly string[]> = computed(() =>
  address.value.path
    .split("/")
    .filter((each) => each !== "")
    .map(decodeURIComponent),
);

/** The query's values. */
export const query: ReadonlySignal<URLSearchParams> = computed(
  () => new URLSearchParams(address.value.search),
);

/** The first segment; empty on the first page. */
export const section: ReadonlySignal<string> = computed(() => segments.value[0] ?? "");

export function navigate(to: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  address.value = read();
}

/** Changes some of the query's values in place; an empty text removes one. */
export function setQuery(changes: Readonly<Record<string, string>>): void {
  const next = new URLSearchParams(query.peek());
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  navigate(`${location.pathname}${text === "" ? "" : `?${text}`}`, "replace");
}

/** Lets plain clicks on links within the console change the page without loading it anew. */
export function followLinks(): void {
  addEventListener("popstate", () => {
    address.value = read();
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || link.target !== "" || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    navigate(`${link.pathname}${link.search}`);
  });
}

function read(): { readonly path: string; readonly search: string } {
  return { path: location.pathname, search: location.search };
}

export function partPath(name: string): string {
  return `/parts/${encodeURIComponent(name)}`;
}
