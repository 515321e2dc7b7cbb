/**
 * A command with its examples, which its help and the generated reference both show.
 *
 * @module
 */
import { Command } from "commander";
import type { ExitCode } from "./exit.ts";

export interface Example {
  readonly line: string;
  readonly meaning: string;
}

/** Told once by each command that ran, with the exit code it earned. */
export type Done = (code: ExitCode) => void;

export class CliCommand extends Command {
  readonly #examples: Example[] = [];

  get examples(): readonly Example[] {
    return this.#examples;
  }

  /** Adds an example; they are listed below the options in the order given. */
  example(line: string, meaning: string): this {
    if (this.#examples.length === 0) this.addHelpText("after", () => this.#renderExamples());
    this.#examples.push({ line, meaning });
    return this;
  }

  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  #renderExamples(): string {
    const width = Math.max(...this.#examples.map((each) => each.line.length));
    const lines = this.#examples.map((each) => `  ${each.line.padEnd(width)}  ${each.meaning}`);
    return `\nExamples:\n${lines.join("\n")}`;
  }
}

/** Headings under which `ashlar help` lists the commands. */
export const groups = {
  run: "Run a system:",
  look: "Look at it:",
  change: "Change it while it runs:",
  define: "Define a system:",
  setUp: "Set up:",
} as const;
