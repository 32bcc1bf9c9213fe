import { describeIf, slowSuites } from '../support/optional.ts';

// The peers that we measure ourselves against take seconds to load, so they are loaded only to run.
const enabled = slowSuites.available;
const { testBenchmarks } = enabled ? await import('./smoke.ts') : { testBenchmarks() {} };
describeIf(enabled, 'the benchmarks', slowSuites.howToEnable, testBenchmarks);
