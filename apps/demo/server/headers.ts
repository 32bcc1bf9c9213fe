const everywhere = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

/** The page loads from its own origin only, its icon aside, and no other page may frame it. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The headers of the page and its files. */
export const pageHeaders = new Headers({
  ...everywhere,
  'content-security-policy': contentSecurityPolicy,
  // Chromium's user agent lacks the version of Windows and the model of a phone: these hints add them.
  'accept-ch': 'Sec-CH-UA-Platform-Version, Sec-CH-UA-Model',
});

/** The headers of a procedure's answer: it belongs to one user and is soon out of date. */
export const procedureHeaders = new Headers({ ...everywhere, 'cache-control': 'no-store' });
