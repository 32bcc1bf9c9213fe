import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import {
  ConsoleMessageId,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type IConfigFile,
} from '@microsoft/api-extractor';

// Writes an API report for every entry point of every package, from the built declarations; with --check, compares instead.

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const root = new URL('../..', import.meta.url).pathname;

interface Manifest {
  readonly exports: Readonly<
    Record<string, string | { readonly types: string } | { readonly import: { readonly types: string } }>
  >;
}

interface EntryPoint {
  /** The folder of the package. */
  readonly folder: string;
  /** The name of the report: `index`, or the subpath. */
  readonly name: string;
  readonly declarations: string;
}

function entryPointsOf(file: string): EntryPoint[] {
  const folder = join(root, file, '..');
  const { exports }: Manifest = JSON.parse(readFileSync(join(root, file), 'utf8'));
  return Object.entries(exports).flatMap(([path, target]) =>
    // A style has no declarations of its own.
    typeof target === 'string' || !('import' in target)
      ? []
      : [{ folder, name: path === '.' ? 'index' : path.slice(2), declarations: join(folder, target.import.types) }],
  );
}

function configOf({ folder, name, declarations }: EntryPoint): ExtractorConfig {
  const silent = { logLevel: ExtractorLogLevel.None };
  const configObject: IConfigFile = {
    projectFolder: folder,
    mainEntryPointFilePath: declarations,
    compiler: {
      overrideTsconfig: {
        compilerOptions: {
          target: 'es2024',
          lib: ['es2024', 'dom', 'esnext.disposable'],
          module: 'nodenext',
          moduleResolution: 'nodenext',
          types: ['node'],
          strict: true,
          skipLibCheck: true,
        },
        files: [declarations],
      },
    },
    apiReport: {
      enabled: true,
      reportFileName: `${name}.api.md`,
      reportFolder: join(folder, 'api'),
      reportTempFolder: join(folder, 'node_modules/.cache/api'),
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    newlineKind: 'lf',
    messages: {
      compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      // A type that shows in a signature and cannot be imported is named in the report.
      extractorMessageReporting: {
        default: { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
        'ae-missing-release-tag': silent,
        'ae-undocumented': silent,
        'ae-unresolved-link': silent,
      },
      tsdocMessageReporting: { default: silent },
    },
  };
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
}

const difference: string = ConsoleMessageId.ApiReportDiff;
let isStale = false;
for (const entryPoint of globSync('packages/*/package.json', { cwd: root }).toSorted().flatMap(entryPointsOf)) {
  mkdirSync(join(entryPoint.folder, 'api'), { recursive: true });
  const { apiReportChanged, errorCount } = Extractor.invoke(configOf(entryPoint), {
    localBuild: !values.check,
    printApiReportDiff: values.check,
    messageCallback(message) {
      // Warnings stand in the report, and the outcome is printed below.
      if (message.logLevel !== ExtractorLogLevel.Error && message.messageId !== difference)
        message.logLevel = ExtractorLogLevel.None;
    },
  });
  const report = relative(root, join(entryPoint.folder, 'api', `${entryPoint.name}.api.md`));
  if (errorCount > 0) process.exitCode = 1;
  if (!apiReportChanged) continue;
  isStale = true;
  console.log(`${report}: ${values.check ? 'does not match the built declarations' : 'updated'}`);
}
if (isStale && values.check) {
  console.log('Run `pnpm api`, read the difference, and commit it.');
  process.exitCode = 1;
}
