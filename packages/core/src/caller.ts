/**
 * What is known of who is calling, as plain data: `null` where nothing came. Nothing in it has been verified.
 *
 * The server package reads it from a request; tests and server-side callers write it by hand.
 */
export interface CallerInfo {
  /** The access token, without its scheme. */
  readonly token: string | null;
  /** The IP address, canonical: no brackets, zone or port, an IPv4-mapped address as IPv4. */
  readonly ip: string | null;
  /** The `User-Agent` header. */
  readonly userAgent: string | null;
  /** The user agent client hints. */
  readonly clientHints: ClientHints | null;
}

/**
 * The values of the user agent client hint headers, as they came (structured-field strings still quoted).
 *
 * @see https://wicg.github.io/ua-client-hints/
 */
export interface ClientHints {
  /** `Sec-CH-UA` */
  readonly brands: string | null;
  /** `Sec-CH-UA-Mobile` */
  readonly mobile: string | null;
  /** `Sec-CH-UA-Platform` */
  readonly platform: string | null;
  /** `Sec-CH-UA-Platform-Version` */
  readonly platformVersion: string | null;
  /** `Sec-CH-UA-Model` */
  readonly model: string | null;
}
