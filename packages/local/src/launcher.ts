/**
 * Brings one process of a part to life: its directories, its files, its environment, its command.
 *
 * @module
 */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@ashlar/foundation";
import type { AddressBook } from "./address-book.ts";
import { childEnvironment, type SystemVariables } from "./child-environment.ts";
import { type StartedProcess, startProcess } from "./child-process.ts";
import { moduleUrl, nodeArguments } from "./node-program.ts";
import { policyOf, unrestrictedPolicy } from "./policy.ts";
import type { ProgramFiles } from "./program-files.ts";
import type { RunnablePart } from "./runnable-part.ts";
import type { SecretVault } from "./secret-values.ts";
import type { StatePaths } from "./state-directory.ts";

export interface LauncherOptions {
  readonly paths: StatePaths;
  readonly projectDir: string;
  readonly system: SystemVariables;
  readonly secrets: SecretVault;
  readonly addresses: AddressBook;
  readonly parts: readonly RunnablePart[];
  readonly clock: Clock;
  readonly programFiles: ProgramFiles;
}

export interface LaunchRequest {
  readonly part: RunnablePart;
  readonly ordinal: number;
  readonly instance: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly held: boolean;
}

export class Launcher {
  readonly #options: LauncherOptions;
  readonly #policies = new Map<string, string>();
  #launches = 0;
  #policyWrite: Promise<void> = Promise.resolve();

  constructor(options: LauncherOptions) {
    this.#options = options;
  }

  /** Writes what does not change while the system runs: each part's configuration file. */
  async writeConfigs(): Promise<void> {
    const { parts } = this.#options;
    await Promise.all(
      parts.map(async (part) => {
        const values = Object.values(part.config).map((config) => [config.name, config.value]);
        const text = `${JSON.stringify(Object.fromEntries(values), null, 2)}\n`;
        await writeFile(this.#configPath(part.name), text, { mode: 0o600 });
      }),
    );
  }

  /**
   * Writes every policy that differs from what is there. Calls are carried out one by one; one that
   * fails (a full disk) leaves the policies as they were, for the next to try again.
   */
  writePolicies(): Promise<void> {
    const write = this.#policyWrite.then(() => this.#writeChangedPolicies());
    this.#policyWrite = write.catch(() => undefined);
    return write;
  }

  async launch(request: LaunchRequest): Promise<StartedProcess> {
    const { part, ordinal, instance } = request;
    const { system, addresses, projectDir, clock, paths } = this.#options;
    const scratch = join(paths.scratch, part.name, `${instance}.${this.#launches++}`);
    const env = childEnvironment(system, {
      ...request,
      configPath: this.#configPath(part.name),
      addressOf: (use) => addresses.addressOf(use),
      secrets: await this.#secrets(part, ordinal),
      volumes: await this.#volumes(part, ordinal, scratch),
      guardUrl: moduleUrl("guard").href,
      policyPath: this.#policyPath(part.name),
      nodeArguments: nodeArguments(),
    });
    const command = await this.#commandOf(part);
    const started = await startProcess({ ...command, cwd: projectDir, env }, clock);
    const clean = (): Promise<void> => rm(scratch, { recursive: true, force: true });
    void started.ended.then(clean).catch(() => undefined); // What stays is removed by the next wipe.
    return started;
  }

  async #commandOf({
    name,
    program,
  }: RunnablePart): Promise<{ readonly command: string; readonly args: readonly string[] }> {
    if (program.runtime === "command") return program;
    const file = await this.#options.programFiles.fileOf(name, program.entry);
    return { command: process.execPath, args: [file, ...program.args] };
  }

  async #writeChangedPolicies(): Promise<void> {
    const { parts, addresses } = this.#options;
    const known = addresses.systemAddresses();
    await Promise.all(
      parts.map(async (part) => {
        const policy = part.builtin
          ? unrestrictedPolicy(part.name)
          : policyOf(part.name, known, this.#ownDirectories(part));
        const text = JSON.stringify(policy);
        if (this.#policies.get(part.name) === text) return;
        const path = this.#policyPath(part.name);
        await writeFile(`${path}.new`, text, { mode: 0o600 });
        await rename(`${path}.new`, path);
        this.#policies.set(part.name, text);
      }),
    );
  }

  #ownDirectories(part: RunnablePart): readonly string[] {
    if (part.volumes.length === 0) return [];
    const { volumes, scratch } = this.#options.paths;
    return [join(volumes, part.name), join(scratch, part.name)];
  }

  #policyPath(part: string): string {
    return join(this.#options.paths.policy, `${part}.json`);
  }

  #configPath(part: string): string {
    return join(this.#options.paths.config, `${part}.json`);
  }

  async #secrets(part: RunnablePart, ordinal: number): Promise<Readonly<Record<string, string>>> {
    const { secrets } = this.#options;
    const entries = part.secrets.map(async (use) => {
      const file = await secrets.fileFor(use, ordinal);
      return [use.env, use.as === "file" ? file : await secrets.valueFor(use, ordinal)] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }

  async #volumes(
    part: RunnablePart,
    ordinal: number,
    scratch: string,
  ): Promise<Readonly<Record<string, string>>> {
    const { volumes } = this.#options.paths;
    const made: Record<string, string> = {};
    for (const volume of part.volumes) {
      const of = { replica: String(ordinal), shared: "shared" };
      const path =
        volume.scope === "scratch"
          ? join(scratch, volume.name)
          : join(volumes, part.name, of[volume.scope], volume.name);
      await mkdir(path, { recursive: true });
      made[volume.name] = path;
    }
    return made;
  }
}
