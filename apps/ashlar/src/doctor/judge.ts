/**
 * What the facts about this machine mean for running a system on it. Pure.
 *
 * - CDR1  Every finding that is not `ok` says what to do.
 * - CDR2  `fail` means that `ashlar up` cannot work; `warn` that it may disappoint.
 *
 * @module
 */

export type Verdict = "ok" | "warn" | "fail";

export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  /** What was found, with figures. */
  readonly found: string;
  /** What to do about it; empty when all is well. */
  readonly advice: string;
}

/** What was read from the machine; null where it could not be. */
export interface MachineFacts {
  readonly nodeVersion: string;
  readonly postgres: { readonly version: string } | { readonly fault: string };
  readonly diskFreeBytes: number | null;
  readonly directory: string;
  readonly directoryWritable: boolean;
  readonly memoryAvailableBytes: number;
  readonly openFilesMax: number | null;
  readonly loopback: { readonly port: number } | { readonly fault: string };
  /** Ports that the system would like, and whether another process has them. */
  readonly ports: readonly {
    readonly name: string;
    readonly port: number;
    readonly free: boolean;
  }[];
  readonly states: readonly {
    readonly system: string;
    readonly state: "running" | "stopped" | "stale";
    readonly bytes: number;
  }[];
  /** How far the file system's clock is from ours, in milliseconds; null where not measurable. */
  readonly clockSkewMs: number | null;
  readonly wallMs: number;
  readonly user: { readonly name: string; readonly root: boolean };
}

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;
const released = Date.UTC(2026, 0, 1);

export function judge(facts: MachineFacts): readonly Finding[] {
  return [
    judgeNode(facts),
    judgePostgres(facts),
    judgeDisk(facts),
    judgeDirectory(facts),
    judgeMemory(facts),
    judgeOpenFiles(facts),
    judgeLoopback(facts),
    ...judgePorts(facts),
    judgeStates(facts),
    judgeClock(facts),
    ok(
      "user",
      facts.user.root ? `${facts.user.name} (PostgreSQL runs as another user)` : facts.user.name,
    ),
  ];
}

/** The worst verdict among the findings. */
export function worst(findings: readonly Finding[]): Verdict {
  if (findings.some((each) => each.verdict === "fail")) return "fail";
  return findings.some((each) => each.verdict === "warn") ? "warn" : "ok";
}

function judgeNode({ nodeVersion }: MachineFacts): Finding {
  const major = Number(/^v?(\d+)/.exec(nodeVersion)?.[1]);
  if (major >= 24) return ok("node", nodeVersion);
  return {
    check: "node",
    verdict: "fail",
    found: nodeVersion,
    advice: "Run `npm ci`, which brings Node 24.",
  };
}

function judgePostgres({ postgres }: MachineFacts): Finding {
  if ("version" in postgres) return ok("postgres", postgres.version);
  return {
    check: "postgres",
    verdict: "fail",
    found: postgres.fault,
    advice: "Run `npm ci` for this platform, or give an external server in DATABASE_URL.",
  };
}

function judgeDisk({ diskFreeBytes, directory }: MachineFacts): Finding {
  if (diskFreeBytes === null) return ok("disk", "not measurable here");
  const found = `${formatBytes(diskFreeBytes)} free in ${directory}`;
  if (diskFreeBytes >= 2 * gibibyte) return ok("disk", found);
  const verdict = diskFreeBytes < 256 * mebibyte ? "fail" : "warn";
  return {
    check: "disk",
    verdict,
    found,
    advice: "Free some space; databases and logs need 2 GiB.",
  };
}

function judgeDirectory({ directory, directoryWritable }: MachineFacts): Finding {
  if (directoryWritable) return ok("state", `${directory} is writable`);
  return {
    check: "state",
    verdict: "fail",
    found: `${directory} is not writable`,
    advice: "State is kept in .ashlar there: change its owner, or work in a directory of your own.",
  };
}

function judgeMemory({ memoryAvailableBytes }: MachineFacts): Finding {
  const found = `${formatBytes(memoryAvailableBytes)} available`;
  if (memoryAvailableBytes >= gibibyte) return ok("memory", found);
  const verdict = memoryAvailableBytes < 256 * mebibyte ? "fail" : "warn";
  return {
    check: "memory",
    verdict,
    found,
    advice: "Close something: a service takes about 100 MiB.",
  };
}

function judgeOpenFiles({ openFilesMax }: MachineFacts): Finding {
  if (openFilesMax === null) return ok("files", "the limit could not be read");
  const found = `${openFilesMax} open files a process`;
  if (openFilesMax >= 4096) return ok("files", found);
  const verdict = openFilesMax < 512 ? "fail" : "warn";
  return {
    check: "files",
    verdict,
    found,
    advice: "Raise it with `ulimit -n 65536` before starting.",
  };
}

function judgeLoopback({ loopback }: MachineFacts): Finding {
  if ("port" in loopback) return ok("loopback", "127.0.0.1 accepts connections");
  return {
    check: "loopback",
    verdict: "fail",
    found: loopback.fault,
    advice: "Bring up the loopback interface: `ip link set lo up`.",
  };
}

function judgePorts({ ports }: MachineFacts): readonly Finding[] {
  return ports.map(({ name, port, free }) =>
    free
      ? ok(`port ${port}`, `free, for ${name}`)
      : {
          check: `port ${port}`,
          verdict: "warn",
          found: `taken, but ${name} would like it`,
          advice: "Another is chosen; `ashlar status` shows which.",
        },
  );
}

function judgeStates({ states }: MachineFacts): Finding {
  const stale = states.filter((each) => each.state === "stale").map((each) => each.system);
  if (stale.length > 0) {
    return {
      check: "systems",
      verdict: "warn",
      found: `${stale.join(", ")}: the supervisor ended without cleaning up`,
      advice: `\`ashlar down ${stale[0]}\` removes what is left; \`ashlar up\` does so too.`,
    };
  }
  const each = states.map(
    ({ system, state, bytes }) => `${system} ${state} (${formatBytes(bytes)})`,
  );
  return ok("systems", each.length === 0 ? "none has run here" : each.join(", "));
}

function judgeClock({ clockSkewMs, wallMs }: MachineFacts): Finding {
  const found = new Date(wallMs).toISOString();
  const advice = "Set the clock (`timedatectl set-ntp true`): tokens and logs carry the time.";
  if (wallMs < released) return { check: "clock", verdict: "fail", found, advice };
  if (clockSkewMs !== null && Math.abs(clockSkewMs) > 2_000) {
    const skew = `the disk's clock differs by ${Math.round(clockSkewMs)} ms`;
    return { check: "clock", verdict: "warn", found: skew, advice };
  }
  return ok("clock", found);
}

function ok(check: string, found: string): Finding {
  return { check, verdict: "ok", found, advice: "" };
}

/** `512 MiB`, `1.4 GiB`. */
function formatBytes(bytes: number): string {
  if (bytes >= gibibyte) return `${(bytes / gibibyte).toFixed(1)} GiB`;
  if (bytes >= mebibyte) return `${Math.round(bytes / mebibyte)} MiB`;
  return `${Math.ceil(bytes / 1024)} KiB`;
}
