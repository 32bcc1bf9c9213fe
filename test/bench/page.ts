import { goalsTable } from './goals.ts';
import { growthTable, httpTable, tableOf, type Report } from './report.ts';

/** A part of a page that a run writes: `<!-- bench: name -->`, the part, `<!-- /bench -->`. */
const part = /(?<begin><!-- bench: (?<name>[^>]+) -->\n)(?<text>[\s\S]*?)(?<end><!-- \/bench -->)/g;

/**
 * Writes the figures of a run into a page. A part that the run did not measure stays as it is.
 *
 * @throws {Error} the page names a part that no run has
 */
export function fillPage(page: string, report: Report): string {
  return page.replaceAll(part, (...args: readonly unknown[]) => {
    const { begin = '', name = '', text = '', end = '' } = args.at(-1) as Record<string, string | undefined>;
    const table = partOf(name, report);
    return `${begin}${table === undefined ? text : `\n${table}\n\n`}${end}`;
  });
}

function partOf(name: string, report: Report): string | undefined {
  const { groups, http, growth, memoryPerSession, date, node, machine } = report;
  switch (name) {
    case 'about':
      return `Measured on ${date}, with Node ${node}, on ${machine}.`;
    case 'goals':
      return goalsTable(report);
    case 'http':
      return http.length === 0 ? undefined : withoutTitle(httpTable(http));
    case 'growth':
      return growth.length === 0 ? undefined : withoutTitle(growthTable(growth));
    case 'memory':
      return memoryPerSession === null
        ? undefined
        : `A cached session takes ${memoryPerSession} bytes, its verified token included.`;
    default: {
      const group = Object.entries(groups).find(([each]) => each.startsWith(name));
      return group && withoutTitle(tableOf(...group));
    }
  }
}

function withoutTitle(table: string): string {
  return table.replace(/^### .*\n+/, '');
}
