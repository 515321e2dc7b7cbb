/**
 * Shows a system's progress for as long as something else is under way.
 *
 * @module
 */
import type { SystemControl } from "@ashlar/local";
import type { ProgressView } from "../render/progress.ts";

export type ProgressFactory = () => ProgressView;

/** Settles as `work` does; the view has its last state by then, and is closed. */
export async function followProgress<Result>(
  control: SystemControl,
  openView: ProgressFactory,
  work: () => Promise<Result>,
): Promise<Result> {
  await using view = openView();
  const stop = new AbortController();
  const watching = watch(control, view, stop.signal);
  try {
    return await work();
  } finally {
    await refresh(control, view);
    stop.abort();
    await watching;
  }
}

/** Each event says that something changed; the status, asked for once they pause, says what. */
async function watch(
  control: SystemControl,
  view: ProgressView,
  signal: AbortSignal,
): Promise<void> {
  try {
    await refresh(control, view);
    for await (const event of control.events(signal)) {
      if (event.type === "notice" && event.level !== "info") view.note(event.text);
      await refresh(control, view);
    }
  } catch (error) {
    // Progress is a courtesy: what ends the work says why, not what ends the watching of it.
    view.note(`progress is not shown any more: ${String(error)}`);
  }
}

async function refresh(control: SystemControl, view: ProgressView): Promise<void> {
  const status = await control.status().catch(() => undefined);
  if (status !== undefined) view.update(status);
}
