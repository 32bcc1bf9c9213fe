import type { Report } from './report.ts';
import { copyName, emptyName } from './token-copy.ts';

const barHeight = 22;
const labelWidth = 360;
const chartWidth = 420;
const font = 'font: 13px system-ui, sans-serif';

/** The ratios of verifying on SQLite as bars, on a logarithmic scale. The floor is at one. Readable on light and dark. */
export function plot({ groups, date, node }: Report): string {
  const group = Object.entries(groups).find(([name]) => name.startsWith('verify on SQLite'))?.[1] ?? [];
  // They verify nothing.
  const timings = group.filter(({ name }) => name !== emptyName && name !== copyName);
  const logs = timings.map(({ ratio }) => Math.log10(ratio));
  const [low, high] = [Math.floor(Math.min(0, ...logs)), Math.ceil(Math.max(0, ...logs))];
  const x = (log: number): number => labelWidth + ((log - low) / (high - low)) * chartWidth;
  const bars = timings.map(({ name, ratio }, index) => {
    const y = 34 + index * barHeight;
    const [from, to] = [Math.min(x(0), x(Math.log10(ratio))), Math.max(x(0), x(Math.log10(ratio)))];
    const colour = name.startsWith('trpc-sessions') ? '#2f81f7' : '#8b949e';
    return [
      `<text x="${labelWidth - 10}" y="${y + 14}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${from.toFixed(1)}" y="${y + 3}" width="${Math.max(1, to - from).toFixed(1)}" height="${barHeight - 8}" rx="2" fill="${colour}"/>`,
      `<text x="${(to + 6).toFixed(1)}" y="${y + 14}">${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)}</text>`,
    ].join('\n  ');
  });
  const height = 34 + timings.length * barHeight + 10;
  const lines = Array.from({ length: high - low + 1 }, (_, index) => {
    const at = x(low + index).toFixed(1);
    return `<line x1="${at}" x2="${at}" y1="28" y2="${height - 6}" stroke="#8b949e" stroke-opacity="${low + index === 0 ? 0.9 : 0.25}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${labelWidth + chartWidth + 60} ${height}" role="img" aria-label="Verifying one request on SQLite, times the floor">
  <style>text { ${font}; fill: #57606a } @media (prefers-color-scheme: dark) { text { fill: #adbac7 } }</style>
  <text x="10" y="18">One verified request on SQLite, as times the floor, on a logarithmic scale. ${escaped(date)}, Node ${escaped(node)}.</text>
  ${lines.join('\n  ')}
  ${bars.join('\n  ')}
</svg>
`;
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
