/** An error as one line: its messages and those of its causes, without stacks and properties, which may hold SQL. */
export function errorLine(error: unknown): string {
  const messages = new Set(messagesOf(error, 0));
  return [...messages]
    .join(': ')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, 500);
}

/** An error may be its own cause. */
const maxDepth = 5;

function messagesOf(error: unknown, depth: number): string[] {
  if (depth === maxDepth || error === undefined || error === null) return [];
  if (!(error instanceof Error)) return ['unknown error'];
  // A host with several addresses fails with one error for each, and has no message itself.
  const own = error instanceof AggregateError ? error.errors.map(errorLine).join(', ') : error.message;
  const code = 'code' in error ? String(error.code) : error.name;
  return [own || code, ...messagesOf(error.cause, depth + 1)];
}
