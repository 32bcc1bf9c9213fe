const everywhere = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

/** Nothing comes from anywhere but here, the icon aside, and no other page may show this one. */
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

/** What a browser is told of the page, and of what the page is made of. */
export const pageHeaders = new Headers({
  ...everywhere,
  'content-security-policy': contentSecurityPolicy,
  // Chromium freezes its user agent: it tells Windows 10 from 11, and the model of a phone, only when asked.
  'accept-ch': 'Sec-CH-UA-Platform-Version, Sec-CH-UA-Model',
});

/** What it is told of a procedure's answer, which is one user's, and old in a moment. */
export const procedureHeaders = new Headers({ ...everywhere, 'cache-control': 'no-store' });
