import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { commonOptions, options, type OptionName } from './options.ts';
import { formatTable } from './output.ts';

const notes = `DATABASE_URL names the database: file:app.db or a path, postgres://… or mysql://…
Exit codes: 0 done, 1 failed or no such session, 2 wrong usage, 130 interrupted.`;

/** Writes the help of a command, or of the whole command line. */
export function helpOf(command: Command | undefined): string {
  if (command !== undefined) {
    const { usage, summary } = command;
    return `Usage: trpc-sessions ${usage}\n\n${capitalized(summary)}.\n\n${describe([...command.options, ...commonOptions])}`;
  }
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`);
  return `Usage: trpc-sessions <command> [options]\n\n${lines.join('\n')}\n\n${describe(commonOptions)}\n\n${notes}`;
}

function describe(names: readonly OptionName[]): string {
  const rows = names.map((name) => {
    const option = options[name];
    return [`  ${'short' in option ? `-${option.short}, ` : ''}--${name} ${option.value}`.trimEnd(), option.help];
  });
  return formatTable(['Options:', ''], rows);
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
