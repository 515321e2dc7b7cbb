/**
 * A {@link Cli} in memory: what it wrote can be read, Ctrl-C can be pressed.
 *
 * @module
 */

import { SimulatedClock, seededEntropy } from "@ashlar/testkit";
import type { Cli, Output, Variables } from "../src/cli.ts";

export interface FakeOutput extends Output {
  /** Everything written so far. */
  readonly text: string;
  readonly lines: readonly string[];
}

export interface FakeCli extends Cli {
  readonly out: FakeOutput;
  readonly err: FakeOutput;
  readonly clock: SimulatedClock;
  interrupt(): void;
}

interface FakeOptions {
  readonly directory?: string;
  readonly terminal?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly variables?: Variables;
}

export function fakeCli(options: FakeOptions = {}): FakeCli {
  const clock = new SimulatedClock();
  const listeners = new Set<(signal: NodeJS.Signals) => void>();
  return {
    out: fakeOutput(options),
    err: fakeOutput(options),
    clock,
    variables: options.variables ?? {},
    directory: options.directory ?? "/nowhere",
    environment: { clock, entropy: seededEntropy(1) },
    installation: {
      version: "0.1.0",
      room: "/ashlar/apps/ashlar",
      root: "/ashlar",
      fromSource: true,
      node: process.execPath,
    },
    onInterrupt: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    interrupt: () => {
      for (const listener of listeners) listener("SIGINT");
    },
  };
}

export function fakeOutput(options: FakeOptions = {}): FakeOutput {
  let text = "";
  return {
    isTerminal: options.terminal ?? false,
    columns: options.columns ?? 80,
    rows: options.rows ?? 24,
    write: (piece) => {
      text += piece;
    },
    get text() {
      return text;
    },
    get lines() {
      return text.split("\n").slice(0, -1);
    },
  };
}
