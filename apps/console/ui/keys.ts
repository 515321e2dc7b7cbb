/**
 * Keyboard: two-key jumps (`g` then a letter), `/` to search, `?` for help.
 *
 * @module
 */
import { type Signal, signal } from "@preact/signals";
import { navigate } from "./router.ts";
import { toggleTheme } from "./theme.ts";

export const helpOpen: Signal<boolean> = signal(false);

export const jumps: readonly {
  readonly key: string;
  readonly to: string;
  readonly name: string;
}[] = [
  { key: "o", to: "/", name: "Overview" },
  { key: "g", to: "/graph", name: "Graph" },
  { key: "l", to: "/logs", name: "Logs" },
  { key: "t", to: "/traces", name: "Traces" },
  { key: "m", to: "/mailbox", name: "Mailbox" },
  { key: "e", to: "/events", name: "Events" },
  { key: "p", to: "/plan", name: "Plan" },
];

let afterG = 0;
const pairWithinMs = 1_200;

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]") !== null) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape" && event.target instanceof HTMLElement) event.target.blur();
      return;
    }
    if (onKey(event.key, event.timeStamp)) event.preventDefault();
  });
}

function onKey(key: string, atMs: number): boolean {
  if (afterG > 0 && atMs - afterG < pairWithinMs) {
    afterG = 0;
    const jump = jumps.find((each) => each.key === key);
    if (jump === undefined) return false;
    navigate(jump.to);
    return true;
  }
  afterG = 0;
  switch (key) {
    case "g":
      afterG = atMs;
      return true;
    case "/":
      return focusSearch();
    case "?":
      helpOpen.value = true;
      return true;
    case "d":
      toggleTheme();
      return true;
    default:
      return false;
  }
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("[data-search]");
  field?.focus();
  field?.select();
  return field !== null;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  );
}
