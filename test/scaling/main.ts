import { parseArgs } from 'node:util';
import { scenarios } from './scenarios.ts';
import { simulate } from './simulate.ts';

const { values } = parseArgs({
  options: {
    endings: { type: 'string', default: '10000' },
    nodes: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

const time = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds.toFixed(1)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;

const outcomes = [];
for (const scenario of scenarios) {
  outcomes.push(
    await simulate({ ...scenario, nodes: Number(values.nodes) }, Number(values.endings), Number(values.seed)),
  );
}
if (values.json) console.log(JSON.stringify(outcomes, null, 2));
else {
  console.log('| | a node: p50 | p99 | p99.9 | all nodes: p50 | p99 | longest |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const { name, ofNode, ofEnding } of outcomes) {
    const cells = [ofNode.p50, ofNode.p99, ofNode.p999, ofEnding.p50, ofEnding.p99, ofEnding.max];
    console.log(`| ${name} | ${cells.map(time).join(' | ')} |`);
  }
}
