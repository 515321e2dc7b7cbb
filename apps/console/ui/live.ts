/**
 * What the server tells without being asked: the overview each round, each event as it comes.
 *
 * @module
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { NumberedEvent } from "../src/control.ts";
import type { Overview, PartOverview } from "../src/overview.ts";
import { getJson } from "./api.ts";

export const overview: Signal<Overview | undefined> = signal<Overview | undefined>(undefined);

/** `closed`: the session is not valid any more. */
export const link: Signal<"connecting" | "open" | "lost" | "closed"> = signal("connecting");

/** Newest last; the server keeps the older ones. */
export const events: Signal<readonly NumberedEvent[]> = signal([]);

export const parts: ReadonlySignal<readonly PartOverview[]> = computed(
  () => overview.value?.parts ?? [],
);

/** Colours of the parts, steady by their order in the Plan. */
const partIndex = computed(
  () => new Map(parts.value.filter((each) => !each.builtin).map((each, at) => [each.name, at])),
);

/** A CSS colour for a part; services that are no part share the neutral one. */
export function colorOf(name: string): string {
  const index = partIndex.value.get(name);
  return index === undefined ? "var(--off)" : `var(--c${index % 8})`;
}

const eventsMax = 1_000;

export function openLive(): void {
  let wasOpen = false;
  const source = new EventSource("/api/live");
  source.addEventListener("open", () => {
    link.value = "open";
    wasOpen = true;
    void loadEvents();
  });
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) {
      link.value = wasOpen ? "lost" : "connecting";
      return;
    }
    // The browser gives up on an answer that is no stream: ask why, and try again by ourselves.
    void recover();
  });
  source.addEventListener("overview", (message: MessageEvent<string>) => {
    link.value = "open";
    overview.value = JSON.parse(message.data) as Overview;
  });
  source.addEventListener("event", (message: MessageEvent<string>) => {
    const event = JSON.parse(message.data) as NumberedEvent;
    events.value = [...events.peek(), event].slice(-eventsMax);
  });
}

async function loadEvents(): Promise<void> {
  const answer = await getJson<{ readonly events: readonly NumberedEvent[] }>("/api/events").catch(
    () => undefined,
  );
  if (answer !== undefined) events.value = answer.events;
}

async function recover(): Promise<void> {
  link.value = "lost";
  const response = await fetch("/api/overview").catch(() => undefined);
  if (response?.status === 401) {
    link.value = "closed";
    return;
  }
  setTimeout(openLive, 1_000);
}
