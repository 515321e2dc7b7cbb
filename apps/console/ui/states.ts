/**
 * How a state looks and reads.
 *
 * @module
 */

export type Tone = "good" | "warn" | "bad" | "busy" | "off";

const tones: Readonly<Record<string, Tone>> = {
  ready: "good",
  running: "good",
  completed: "good",
  idle: "off",
  stopped: "off",
  waiting: "off",
  starting: "busy",
  stopping: "busy",
  degraded: "warn",
  backoff: "warn",
  unready: "bad",
  failed: "bad",
};

export function toneOf(state: string): Tone {
  return tones[state] ?? "off";
}

const words: Readonly<Record<string, string>> = { backoff: "backing off", unready: "not ready" };

export function stateText(state: string): string {
  return words[state] ?? state;
}
