/** Texts that are valid once and for a few minutes: a table of yours, in which `take` deletes the row that it returns. */
export interface OneTimeTexts {
  set(key: string, text: string): Promise<unknown>;
  take(key: string): Promise<string | undefined>;
}
