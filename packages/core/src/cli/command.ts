import type { OptionName, Values } from './options.ts';

/** A command of the command line. */
export interface Command {
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionName[];
  run(values: Values, context: CommandContext): Promise<Outcome>;
}

/** The surroundings of a command. */
export interface CommandContext {
  /** The `DATABASE_URL`. */
  readonly url: string | undefined;
  /** The `SESSION_SECRET`. */
  readonly secret: string | undefined;
  /** Shows the progress on a terminal, and nowhere else. */
  readonly progress: (text: string) => void;
  /** Calls `stop` on Ctrl-C. */
  readonly onInterrupt: (stop: () => void) => void;
}

/** The result of a command: for programs, and as text. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  /** @defaultValue done */
  readonly exitCode?: (typeof exitCodes)[keyof typeof exitCodes];
}

/** The exit codes. Shells use 130 for a program that Ctrl-C ended: 128 + SIGINT. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;
