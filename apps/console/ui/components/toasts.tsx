/**
 * Short words about what an order led to.
 *
 * @module
 */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { IconButton } from "./basics.tsx";

interface Toast {
  readonly id: number;
  readonly tone: "good" | "bad";
  readonly text: string;
}

const toasts = signal<readonly Toast[]>([]);
let nextId = 1;
const shownMs = { good: 4_000, bad: 12_000 };

export function tell(tone: Toast["tone"], text: string): void {
  const id = nextId++;
  toasts.value = [...toasts.peek().slice(-3), { id, tone, text }];
  setTimeout(() => dismiss(id), shownMs[tone]);
}

function dismiss(id: number): void {
  toasts.value = toasts.peek().filter((each) => each.id !== id);
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, tone, text }) => (
        <div key={id} class={`toast tone-${tone}`}>
          <span class="grow">{text}</span>
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
