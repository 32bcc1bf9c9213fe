import { isSessionError } from '@trpc-sessions/core';

/**
 * Whether a fault may pass by itself. `passing`: a service did not answer, or is busy. `lasting`: it answered, and will
 * answer the same again. `unknown`: nothing in the error shows it.
 */
export type Prospect = 'passing' | 'lasting' | 'unknown';

/** Classes of SQLSTATE, the first two characters (ISO/IEC 9075-2 §24; PostgreSQL's appendix A). */
const passingClasses = new Set(['08', '40', '53', '55', '57']);
const lastingClasses = new Set(['0A', '22', '23', '28', '3D', '3F', '42']);

/** Codes of Node, undici, MySQL's drivers, SQLite and Prisma. */
const passingCode =
  /^(?:E(?:CONN(?:REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|AI_AGAIN|NOTFOUND|(?:HOST|NET)(?:UNREACH|DOWN)|ADDRNOTAVAIL|MFILE|NFILE)|UND_ERR_(?:\w+_TIMEOUT|SOCKET|CLOSED|DESTROYED)|PROTOCOL_(?:CONNECTION_LOST|SEQUENCE_TIMEOUT|ENQUEUE_\w+)|ER_(?:LOCK_\w+|SERVER_SHUTDOWN|QUERY_\w+|STATEMENT_TIMEOUT|CON_COUNT_ERROR|TOO_MANY_USER_CONNECTIONS|USER_LIMIT_REACHED)|SQLITE_(?:BUSY|LOCKED|PROTOCOL)\w*|P1001|P1002|P1008|P1017|P2024)$/;
// A disk that filled up or was remounted makes SQLite read-only for a while, so that code is unknown.
const lastingCode = /^SQLITE_(?:ERROR|CONSTRAINT|CORRUPT|NOTADB|MISMATCH|RANGE|TOOBIG|PERM|AUTH)\w*$/;

/** Names of errors without a code: of fetch and `AbortSignal.timeout`, of Redis and MongoDB clients, of pools. */
const passingName =
  /^(?:TimeoutError|AbortError|MaxRetriesPerRequestError|\w*(?:Connection|Network|Socket|Pool|ServerSelection)\w*(?:Error|Exception)|\w+TimeoutError)$/;

/** Bugs of the app or of a driver. A `TypeError` is not among them: a `fetch` that failed is one too. */
const lastingName = /^(?:RangeError|ReferenceError)$/;

/** The last resort, for pools whose errors have neither a code nor a name. */
const passingMessage =
  /\b(?:timed? ?out|timeout|connection (?:is |was )?(?:terminated|closed|lost|ended|refused|reset|error))\b/i;

/**
 * An error that can be read. A thrown value may be anything: a proxy, or an error whose getters throw, would take the place of
 * the fault with an error of its own.
 */
export function readable(error: unknown): unknown {
  try {
    if (!(error instanceof Error)) return typeof error === 'symbol' ? new Error('a symbol was thrown') : error;
    const { name, message, cause }: { name: unknown; message: unknown; cause?: unknown } = error;
    void [name, message];
    prospectOf(cause);
    // The stack is text from its first reading on. That is slow, and a flood of sign-ins causes refusals by the thousand.
    if (!isSessionError(error)) void error.stack;
    return error;
  } catch {
    return new Error('an error was thrown that cannot be read');
  }
}

/** How deep causes are read: an error may be its own cause. */
const maxDepth = 5;

export function prospectOf(error: unknown, depth = 0): Prospect {
  if (typeof error !== 'object' || error === null || depth > maxDepth) return 'unknown';
  const own = ownProspectOf(error);
  if (own !== 'unknown') return own;
  // Node tries each address of a host, and gathers the errors.
  const { cause, errors }: { cause?: unknown; errors?: unknown } = error;
  const inner = [cause, ...(Array.isArray(errors) ? errors.slice(0, maxDepth) : [])];
  const found = inner.map((each) => prospectOf(each, depth + 1)).find((each) => each !== 'unknown');
  if (found !== undefined) return found;
  if (passingMessage.test(textOf(error, 'message'))) return 'passing';
  // Code of the app, called by the manager: without a sign of a service, it is a bug.
  return textOf(error, 'name') === 'CallbackError' ? 'lasting' : 'unknown';
}

function ownProspectOf(error: object): Prospect {
  const code = textOf(error, 'code');
  const sqlClass = /^[0-9A-Z]{5}$/.exec(textOf(error, 'sqlState') || code)?.[0].slice(0, 2) ?? '';
  if (passingCode.test(code) || passingClasses.has(sqlClass)) return 'passing';
  if (lastingCode.test(code) || lastingClasses.has(sqlClass)) return 'lasting';
  const name = textOf(error, 'name');
  if (lastingName.test(name)) return 'lasting';
  return passingName.test(name) || textOf(error, 'syscall') === 'connect' ? 'passing' : 'unknown';
}

function textOf(error: object, name: string): string {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
}
