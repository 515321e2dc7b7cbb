/**
 * A system's way to readiness (or to its end), line by line.
 *
 * On a terminal one table that lives in place; elsewhere plain lines that are only ever appended;
 * for programs one JSON object a line.
 *
 * - CPR1  Without a terminal no control sequence is written and no line is written twice.
 * - CPR2  A live table is never wider than the terminal nor higher than it, so it can be redrawn.
 * - CPR3  The cursor is visible again once a view has closed.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import type { PartStatus, StoreStatus, SystemStatus } from "@ashlar/local";
import { type Output, writeJson, writeLine } from "../cli.ts";
import { stateLook, stateSymbol } from "./state.ts";
import { alignColumns, formatElapsed, type Style, truncate } from "./style.ts";

export interface ProgressView extends AsyncDisposable {
  update(status: SystemStatus): void;
  /** A line for people, above the table. */
  note(text: string): void;
}

export interface ProgressOptions {
  readonly output: Output;
  readonly style: Style;
  readonly clock: Clock;
  readonly title: string;
  readonly json: boolean;
  /** States in which a part needs nothing more. Default: ready and its like. */
  readonly goal?: "up" | "down";
}

export function openProgress(options: ProgressOptions): ProgressView {
  if (options.json) return new JsonProgress(options.output);
  return options.output.isTerminal ? new LiveProgress(options) : new PlainProgress(options);
}

/** One part or store, as far as it got. */
export interface ProgressRow {
  readonly name: string;
  readonly state: string;
  /** `2/3` where more than one replica is wanted. */
  readonly count: string;
  /** What it waits for, why it is not well, or where it can be reached. */
  readonly detail: string;
  readonly settled: boolean;
}

/** Stores first, for the parts wait for them. */
export function progressRows(
  status: SystemStatus,
  goal: "up" | "down" = "up",
): readonly ProgressRow[] {
  return [
    ...status.stores.map((store) => storeRow(store, goal)),
    ...status.parts.map((part) => partRow(part, goal)),
  ];
}

function storeRow(store: StoreStatus, goal: "up" | "down"): ProgressRow {
  return {
    name: store.name,
    state: store.state,
    count: "",
    detail: store.message ?? (store.state === "ready" ? placeOfStore(store) : ""),
    settled: isSettled(store.state, goal),
  };
}

function placeOfStore(store: StoreStatus): string {
  const place = store.url.replace(/^[a-z+]+:\/\/([^@/]*@)?/, "");
  return place === "" ? "in process" : `${store.engine} ${place}`;
}

function partRow(part: PartStatus, goal: "up" | "down"): ProgressRow {
  return {
    name: part.name,
    state: part.state,
    count: part.wanted > 1 ? `${part.ready}/${part.wanted}` : "",
    detail: goal === "down" ? (part.message ?? "") : detailOfPart(part),
    settled: isSettled(part.state, goal),
  };
}

function detailOfPart(part: PartStatus): string {
  if (part.state === "ready") return Object.values(part.addresses)[0] ?? "";
  const waiting = new Set(part.replicas.flatMap((each) => each.waitingFor ?? []));
  if (waiting.size > 0) return `waits for ${[...waiting].join(", ")}`;
  const troubled = part.replicas.find((each) => each.message !== undefined);
  return part.message ?? troubled?.message ?? exitOf(part);
}

function exitOf(part: PartStatus): string {
  const exit = part.replicas.find((each) => each.lastExit !== undefined)?.lastExit;
  if (exit === undefined) return "";
  const how = exit.code === null ? `ended by ${exit.signal}` : `ended with code ${exit.code}`;
  return exit.reason === undefined ? how : `${how} (${exit.reason})`;
}

const upStates: ReadonlySet<string> = new Set(["ready", "idle", "completed", "running"]);
const downStates: ReadonlySet<string> = new Set(["stopped", "completed", "failed", "idle"]);

function isSettled(state: string, goal: "up" | "down"): boolean {
  return goal === "up" ? upStates.has(state) : downStates.has(state);
}

/** When each row began and settled, by the clock. */
class Stopwatch {
  readonly #clock: Clock;
  readonly #began = new Map<string, number>();
  readonly #settled = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  see(rows: readonly ProgressRow[]): void {
    const now = this.#clock.monotonicMs();
    for (const row of rows) {
      if (row.state === "waiting") continue;
      if (!this.#began.has(row.name)) this.#began.set(row.name, now);
      if (!row.settled) this.#settled.delete(row.name);
      else if (!this.#settled.has(row.name)) this.#settled.set(row.name, now);
    }
  }

  elapsed(name: string): string {
    const began = this.#began.get(name);
    if (began === undefined) return "";
    return formatElapsed((this.#settled.get(name) ?? this.#clock.monotonicMs()) - began);
  }
}

class JsonProgress implements ProgressView {
  readonly #output: Output;
  readonly #seen = new Map<string, string>();

  constructor(output: Output) {
    this.#output = output;
  }

  update(status: SystemStatus): void {
    for (const { name, state, count, detail } of progressRows(status)) {
      const event = { name, state, ...(count === "" ? {} : { count }), detail };
      const text = JSON.stringify(event);
      if (this.#seen.get(name) === text) continue;
      this.#seen.set(name, text);
      writeJson(this.#output, { event: "progress", ...event });
    }
  }

  note(text: string): void {
    writeJson(this.#output, { event: "note", text });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

class PlainProgress implements ProgressView {
  readonly #options: ProgressOptions;
  readonly #stopwatch: Stopwatch;
  readonly #seen = new Map<string, string>();

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#stopwatch = new Stopwatch(options.clock);
    writeLine(options.output, options.title);
  }

  update(status: SystemStatus): void {
    const rows = progressRows(status, this.#options.goal);
    this.#stopwatch.see(rows);
    for (const row of rows) {
      // A count or a reason alone does not make a line: a line per state is enough to follow.
      const key = `${row.state} ${row.count}`;
      if (this.#options.goal === "down" && !row.settled) continue;
      if (this.#seen.get(row.name) === key) continue;
      this.#seen.set(row.name, key);
      const { style } = this.#options;
      const elapsed = row.settled ? ` after ${this.#stopwatch.elapsed(row.name)}` : "";
      const count = row.count === "" ? "" : ` ${row.count}`;
      const detail = row.detail === "" ? "" : `  ${style.dim(row.detail)}`;
      const state = stateLook(row.state).paint(style)(row.state);
      this.note(`${row.name}: ${state}${count}${elapsed}${detail}`);
    }
  }

  note(text: string): void {
    writeLine(this.#options.output, `  ${text}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

const frameMs = 80;
const spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;

class LiveProgress implements ProgressView {
  readonly #options: ProgressOptions;
  readonly #stopwatch: Stopwatch;
  readonly #stop = new AbortController();
  readonly #ticking: Promise<void>;
  readonly #beganMs: number;
  #rows: readonly ProgressRow[] = [];
  #drawn = 0;
  #frame = 0;
  #closed = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#stopwatch = new Stopwatch(options.clock);
    this.#beganMs = options.clock.monotonicMs();
    options.output.write("\u001b[?25l");
    this.#ticking = this.#tick();
  }

  update(status: SystemStatus): void {
    this.#rows = progressRows(status, this.#options.goal);
    this.#stopwatch.see(this.#rows);
  }

  note(text: string): void {
    this.#erase();
    writeLine(this.#options.output, `  ${text}`);
    this.#draw();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#stop.abort();
    await this.#ticking;
    this.#draw();
    this.#options.output.write("\u001b[?25h");
  }

  async #tick(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stop.signal.aborted) {
      this.#draw();
      this.#frame += 1;
      await clock.sleep(frameMs, this.#stop.signal).catch(() => undefined);
    }
  }

  #erase(): void {
    if (this.#drawn > 0) this.#options.output.write(`\u001b[${this.#drawn}A\u001b[0J`);
    this.#drawn = 0;
  }

  #draw(): void {
    const { output } = this.#options;
    const lines = this.#lines()
      .slice(0, Math.max(1, output.rows - 1))
      .map((line) => `${truncate(line, output.columns - 1)}\u001b[K\n`);
    const back = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : "";
    output.write(`${back}${lines.join("")}\u001b[0J`);
    this.#drawn = lines.length;
  }

  #lines(): readonly string[] {
    const { style, title, clock } = this.#options;
    const total = formatElapsed(clock.monotonicMs() - this.#beganMs);
    const mark = spinner[this.#frame % spinner.length] ?? "·";
    const table = this.#rows.map((row) => {
      const look = stateLook(row.state);
      const symbol = look.busy ? style.cyan(mark) : stateSymbol(row.state, style);
      const label = row.count === "" ? row.state : `${row.state} ${row.count}`;
      return [
        `  ${symbol} ${row.settled ? row.name : style.bold(row.name)}`,
        look.paint(style)(label),
        style.dim(this.#stopwatch.elapsed(row.name).padStart(5)),
        style.dim(row.detail),
      ];
    });
    return ["", `  ${style.bold(title)}  ${style.dim(total)}`, "", ...alignColumns(table), ""];
  }
}
