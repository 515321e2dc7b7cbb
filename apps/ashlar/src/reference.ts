/**
 * The command line's reference, as a document made from the commands themselves. Pure.
 *
 * @module
 */
import type { Argument, Command, Option } from "commander";
import type { Cli } from "./cli.ts";
import { CliCommand } from "./command.ts";
import { exitCodeMeanings } from "./exit.ts";
import { createProgram } from "./program.ts";

/** The content of docs/reference/cli.md. */
export function cliReference(): string {
  const program = createProgram(inertCli, () => undefined);
  const shown = program.commands.filter((command) => !command.name().startsWith("_"));
  const lines = [
    "# The command line",
    "",
    "Generated from the commands by `npm run docs`; do not edit.",
    "",
    "```",
    "ashlar <command> [arguments] [options]",
    "```",
    "",
    ...indexOf(shown),
    ...optionTable("Options of every command", program.options),
    "## Exit codes",
    "",
    "| code | meaning |",
    "|---|---|",
    ...exitCodeMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`),
    "",
    ...shown.flatMap(sectionOf),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function indexOf(commands: readonly Command[]): readonly string[] {
  const groups = new Map<string, Command[]>();
  for (const command of commands) {
    const group = command.helpGroup().replace(/:$/, "");
    groups.set(group, [...(groups.get(group) ?? []), command]);
  }
  return [...groups].flatMap(([group, members]) => [
    `**${group}**`,
    "",
    ...members.map((each) => `- [\`${each.name()}\`](#ashlar-${each.name()}): ${each.summary()}`),
    "",
  ]);
}

function sectionOf(command: Command): readonly string[] {
  const args = command.registeredArguments;
  const usage = ["ashlar", command.name(), ...args.map(termOf), "[options]"].join(" ");
  const examples = command instanceof CliCommand ? command.examples : [];
  return [
    `## ashlar ${command.name()}`,
    "",
    command.description(),
    "",
    "```",
    usage,
    "```",
    "",
    ...(args.length === 0 ? [] : argumentTable(args)),
    ...optionTable("", command.options),
    ...(examples.length === 0 ? [] : exampleList(examples)),
  ];
}

function termOf(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

function argumentTable(args: readonly Argument[]): readonly string[] {
  return [
    "| argument | meaning |",
    "|---|---|",
    ...args.map((each) => `| \`${cell(termOf(each))}\` | ${cell(meaningOf(each))} |`),
    "",
  ];
}

function optionTable(title: string, options: readonly Option[]): readonly string[] {
  if (options.length === 0) return [];
  return [
    ...(title === "" ? [] : [`## ${title}`, ""]),
    "| option | meaning |",
    "|---|---|",
    ...options.map((each) => `| \`${cell(each.flags)}\` | ${cell(meaningOf(each))} |`),
    "",
  ];
}

function meaningOf(each: Argument | Option): string {
  const choices = each.argChoices === undefined ? "" : ` (${each.argChoices.join(", ")})`;
  const shown = each.defaultValue !== undefined && typeof each.defaultValue !== "boolean";
  const fallback = shown ? `; default \`${String(each.defaultValue)}\`` : "";
  return `${each.description}${choices}${fallback}`;
}

function exampleList(examples: CliCommand["examples"]): readonly string[] {
  return ["```sh", ...examples.map((each) => `${each.line}  # ${each.meaning}`), "```", ""];
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** The commands are only described, never run: nothing here is reached. */
const inertCli: Cli = {
  out: { isTerminal: false, columns: 100, rows: 24, write: () => undefined },
  err: { isTerminal: false, columns: 100, rows: 24, write: () => undefined },
  variables: {},
  directory: "/",
  environment: {
    clock: { monotonicMs: () => 0, wallMs: () => 0, sleep: () => Promise.resolve() },
    entropy: { bytes: (count) => new Uint8Array(count), fraction: () => 0, uuid: () => "" },
  },
  installation: { version: "", room: "/", root: "/", fromSource: true, node: "node" },
  onInterrupt: () => ({ [Symbol.dispose]: () => undefined }),
};
