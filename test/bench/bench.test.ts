import { describeIf } from '../support/optional.ts';
import { slowSuites } from '../support/slow-suites.ts';

// The peers that we measure ourselves against take seconds to load, so they are loaded only to run.
const enabled = slowSuites.available;
const { testBenchmarks } = enabled ? await import('./smoke.ts') : { testBenchmarks() {} };
describeIf(enabled, 'the benchmarks', slowSuites.howToEnable, testBenchmarks);
