/** The level of the screen's heading. Those of its sections are one lower. */
export type HeadingLevel = 1 | 2 | 3;

export const sectionHeadings = { 1: 'h2', 2: 'h3', 3: 'h4' } as const;
