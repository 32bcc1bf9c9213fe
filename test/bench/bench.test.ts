import { describeIf, isEnabled } from '../support/optional.ts';

// The peers that we measure ourselves against take seconds to load, so they are loaded only to run.
const enabled = isEnabled('BENCH');
const { testBenchmarks } = enabled ? await import('./smoke.ts') : { testBenchmarks() {} };
describeIf(enabled, 'the benchmarks', 'set BENCH=1; the candidates take long to load', testBenchmarks);
