/**
 * The ground that a run stands on: its state directory and lock, its logs, its port numbers, its
 * warden, and the record of its processes. Opened before anything starts, closed after all has ended.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Scope } from "@ashlar/foundation";
import { endProcesses } from "./end-processes.ts";
import { LogBook } from "./log-book.ts";
import { logLimits, realLogDisk } from "./log-file.ts";
import { PortBook } from "./port-book.ts";
import { identityOf, isGroupAlive } from "./process-identity.ts";
import {
  createStateDirectory,
  lockState,
  type StatePaths,
  statePathsOf,
} from "./state-directory.ts";
import {
  type ProcessIdentity,
  type RecordedProcess,
  readStateFile,
  writeStateFile,
} from "./state-file.ts";
import type { LogLine } from "./status.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";
import { WardenLink } from "./warden-link.ts";
import { removeState } from "./wipe.ts";

/** What the kernel takes as the path of a Unix socket (`sun_path`), less its last zero byte. */
const socketPathBytesMax = process.platform === "linux" ? 107 : 103;

export interface Station extends AsyncDisposable {
  readonly paths: StatePaths;
  readonly controlSocket: string;
  readonly ports: PortBook;
  readonly logs: LogBook;
  /** Processes of a dead run that were found and ended. */
  readonly leftovers: readonly RecordedProcess[];
  watch(recorded: RecordedProcess): void;
  forget(pid: number): void;
  /** Writes `state.json` now; it is also written after each change. */
  persist(): Promise<void>;
  /** Removes the whole state directory when the station closes. */
  wipeOnClose(): void;
  /** Where the station's own observations go; set once, before anything starts. */
  listen(listener: StationListener): void;
}

interface StationListener {
  onLine(line: LogLine): void;
  onLogTrouble(instance: string, error: unknown): void;
  onLogResumed(instance: string, dropped: number): void;
}

/** @throws {StateLockedError} {@link StateUnwritableError} {@link StateUnreadableError} */
export async function openStation(options: SupervisorOptions): Promise<Station> {
  const paths = statePathsOf(options.stateDir);
  const self = identityOf(process.pid) ?? { pid: process.pid, startedAt: "" };
  const scope = new Scope();
  try {
    await createStateDirectory(paths);
    scope.own(await lockState(paths, self));
    return await furnish(options, { paths, self, scope });
  } catch (error) {
    await scope.close();
    throw error;
  }
}

interface Ground {
  readonly paths: StatePaths;
  readonly self: ProcessIdentity;
  readonly scope: Scope;
}

async function furnish(options: SupervisorOptions, ground: Ground): Promise<Station> {
  const { paths, self, scope } = ground;
  const { plan, environment, log } = options;
  const before = await readStateFile(paths.root);
  const leftovers = (before?.processes ?? []).filter((each) => isGroupAlive(each));
  await endProcesses(leftovers, true);
  const controlSocket = await controlSocketPath(paths, options);
  let listener: StationListener | undefined;
  const ports = new PortBook(before?.ports ?? {}, environment.entropy);
  let supervisor: ProcessIdentity | null = self;
  const record = new Coalesced(() =>
    writeStateFile(paths.root, {
      format: "ashlar.state/1",
      system: plan.system,
      environment: plan.environment,
      supervisor,
      control: controlSocket,
      ports: ports.remembered(),
      processes: warden.watched,
    }).catch((error: unknown) => {
      log.warn("the state cannot be recorded", { error });
    }),
  );
  let wipe = false;
  scope.defer(async () => {
    if (wipe) await removeState(paths.root);
  });
  scope.defer(async () => {
    supervisor = null;
    await record.request();
  });
  scope.own(ports);
  const warden = scope.own(
    new WardenLink({ log, clock: environment.clock, onChange: () => void record.request() }),
  );
  const logs = scope.own(
    new LogBook({
      directory: paths.logs,
      clock: environment.clock,
      disk: realLogDisk,
      limits: logLimits,
      onLine: (line) => listener?.onLine(line),
      onTrouble: (instance, error) => listener?.onLogTrouble(instance, error),
      onResumed: (instance, dropped) => listener?.onLogResumed(instance, dropped),
    }),
  );
  return {
    paths,
    controlSocket,
    ports,
    logs,
    leftovers,
    watch: (recorded) => warden.watch(recorded),
    forget: (pid) => warden.forget(pid),
    persist: () => record.request(),
    wipeOnClose: () => {
      wipe = true;
    },
    listen: (given) => {
      listener = given;
    },
    [Symbol.asyncDispose]: () => scope.close(),
  };
}

/** In the state directory where the kernel can take its path, else where paths are short. */
async function controlSocketPath(paths: StatePaths, options: SupervisorOptions): Promise<string> {
  const path = join(paths.run, "control.sock");
  if (Buffer.byteLength(path) <= socketPathBytesMax) return path;
  const runtimeDir = options.variables["XDG_RUNTIME_DIR"] ?? tmpdir();
  const unique = createHash("sha256").update(paths.root).digest("hex").slice(0, 16);
  const directory = join(runtimeDir, `ashlar-${process.getuid?.() ?? 0}-${unique}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return join(directory, "control.sock");
}

/** Runs a task after each request, never twice at a time; requests during a run share the next. */
class Coalesced {
  readonly #task: () => Promise<void>;
  #running: Promise<void> | undefined;
  #asked = false;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Settles when a run that began after this call has ended. */
  request(): Promise<void> {
    this.#asked = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#asked) {
      this.#asked = false;
      await this.#task();
    }
    this.#running = undefined;
  }
}
