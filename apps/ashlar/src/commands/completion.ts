/**
 * `ashlar completion`: lets a shell complete commands, options, systems and parts.
 *
 * The shell's function asks `ashlar __complete -- <words>` for candidates, one a line, so that it
 * knows the systems of the directory and the parts of the running one.
 *
 * @module
 */
import { Argument } from "commander";
import { type Cli, writeLine } from "../cli.ts";
import { CliCommand, type Done, groups } from "../command.ts";
import { exitCodes } from "../exit.ts";
import { listSystems } from "../project/locate.ts";
import { listRunning } from "../project/running.ts";

type Shell = "bash" | "zsh" | "fish";

export function completionCommand(cli: Cli, done: Done): CliCommand {
  return new CliCommand("completion")
    .helpGroup(groups.setUp)
    .summary("print a script that lets the shell complete commands")
    .description("Prints a script for the shell to read: commands, options, systems and parts.")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .example('eval "$(ashlar completion bash)"', "in ~/.bashrc")
    .example('eval "$(ashlar completion zsh)"', "in ~/.zshrc, after compinit")
    .example("ashlar completion fish | source", "in ~/.config/fish/config.fish")
    .action((shell: Shell) => {
      writeLine(cli.out, scripts[shell]);
      done(exitCodes.ok);
    });
}

/** Hidden: what the scripts call. The last word is the one being typed. */
export function suggestCommand(cli: Cli, done: Done, program: () => CliCommand): CliCommand {
  return new CliCommand("__complete")
    .argument("[words...]")
    .action(async (words: readonly string[]) => {
      for (const line of await candidates(cli, program(), words)) writeLine(cli.out, line);
      done(exitCodes.ok);
    });
}

async function candidates(
  cli: Cli,
  program: CliCommand,
  words: readonly string[],
): Promise<readonly string[]> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1).filter((word) => !word.startsWith("-"));
  const [name, ...given] = before;
  const command = program.commands.find((each) => each.name() === name);
  const all =
    command === undefined
      ? program.commands.map((each) => each.name()).filter((each) => !each.startsWith("_"))
      : typed.startsWith("-")
        ? command.options.flatMap((each) => each.long ?? [])
        : await namesFor(cli, command as CliCommand, given.length);
  return all.filter((each) => each.startsWith(typed));
}

async function namesFor(cli: Cli, command: CliCommand, at: number): Promise<readonly string[]> {
  const all = command.registeredArguments;
  const argument = all[at] ?? (all.at(-1)?.variadic === true ? all.at(-1) : undefined);
  if (argument?.argChoices !== undefined) return argument.argChoices;
  const name = argument?.name();
  if (name === "system") return listSystems(cli.directory);
  if (name === "part" || name === "name") return runningParts(cli);
  if (name === "part=n") return (await runningParts(cli)).map((part) => `${part}=`);
  return [];
}

async function runningParts(cli: Cli): Promise<readonly string[]> {
  const running = await listRunning(cli);
  const statuses = await Promise.all(running.map((each) => each.control.status()));
  return statuses.flatMap((status) => status.parts.map((part) => part.name));
}

const scripts: Readonly<Record<Shell, string>> = {
  bash: `_ashlar() {
  local IFS=$'\\n'
  COMPREPLY=($(ashlar __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ \${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o default -F _ashlar ashlar`,
  zsh: `_ashlar() {
  local -a found
  found=("\${(@f)$(ashlar __complete -- "\${words[@]:1:$((CURRENT - 1))}" 2>/dev/null)}")
  compadd -- $found
}
compdef _ashlar ashlar`,
  fish: `function __ashlar_complete
  set -l words (commandline -opc) (commandline -ct)
  ashlar __complete -- $words[2..] 2>/dev/null
end
complete -c ashlar -f -a '(__ashlar_complete)'`,
};
