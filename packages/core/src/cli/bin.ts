#!/usr/bin/env node
import { exitCodes } from './command.ts';
import { codeOf, explain } from './explain-error.ts';
import { main } from './main.ts';

const { stdout, stderr, env } = process;

stdout.on('error', (error) => {
  // The reader of a pipe, such as `head`, has closed it: that is no failure.
  if (codeOf(error) === 'EPIPE') process.exit();
  stderr.write(`trpc-sessions: ${explain(error)}\n`);
  process.exit(exitCodes.failed);
});

process.exitCode = await main(process.argv.slice(2), {
  stdout,
  stderr,
  url: env['DATABASE_URL'],
  secret: env['SESSION_SECRET'],
  // Once: a second Ctrl-C ends the process immediately.
  onInterrupt: (stop) => process.once('SIGINT', stop),
});
