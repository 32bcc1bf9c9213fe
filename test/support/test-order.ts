import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, mostly waiting: the others fill their pauses. The longest first. */
const slow = [
  'test/conformance/d1.test.ts',
  'test/runtimes/runtimes.test.ts',
  'test/bench/bench.test.ts',
  'test/packed/packed.test.ts',
  'test/conformance/migration-kills.test.ts',
  'test/browser/live-demo.test.ts',
  'test/faults/silent.test.ts',
  'test/browser/demo.test.ts',
  'test/conformance/bus.test.ts',
  'test/conformance/postgres.test.ts',
  'test/cli/databases.test.ts',
  'test/conformance/mariadb.test.ts',
  'test/conformance/bus-nodes.test.ts',
  'test/browser/ui.test.ts',
  'test/demo/start.test.ts',
  'test/browser/live.test.ts',
  'test/conformance/migrations.test.ts',
  'test/conformance/pglite.test.ts',
  'test/faults/down.test.ts',
];

/** Begins with the slow files, also where no earlier run has measured them. */
export class TestOrder extends BaseSequencer {
  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    const root = this.ctx.config.root;
    const placeOf = ({ moduleId }: TestSpecification): number => {
      const place = slow.indexOf(relative(root, moduleId));
      if (place !== -1) return place;
      // Between files with different environments a worker restarts, and loads everything again.
      return readFileSync(moduleId, 'utf8').startsWith('// @vitest-environment') ? slow.length + 1 : slow.length;
    };
    const places = new Map(specs.map((spec) => [spec, placeOf(spec)]));
    // oxlint-disable-next-line unicorn/no-array-sort -- not an array's
    const usual = await super.sort(specs);
    return usual.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  }
}
