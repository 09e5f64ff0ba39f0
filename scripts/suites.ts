/**
 * The test suites: which files each has, and how they run. Pure tests share one process, because a
 * process per file costs more than the tests themselves; tests that start processes get their own.
 */
import { globSync } from 'node:fs';

export interface Suite {
  readonly name: string;
  /** Part of `npm test`; the others take longer or install packages, and run in `.ci/run`. */
  readonly quick: boolean;
  /** Measures time, so that no other suite runs beside it. */
  readonly alone?: true;
  files(): string[];
  /** Further arguments of `node --test`. */
  readonly flags: readonly string[];
}

const oneProcess = ['--test-isolation=none', '--test-timeout=30000'];
const processes = ['--test-concurrency=2', '--test-timeout=120000'];
const longProcesses = ['--test-concurrency=1', '--test-timeout=600000'];

/** Many seeds: three minutes at most, on a busy machine too. */
const simulations = ['--test-isolation=none', '--test-timeout=180000'];

const find = (...patterns: string[]): string[] => globSync(patterns).sort();
const ownProcess = (file: string): boolean => file.endsWith('.process.test.ts');

/** In the order they are started in: two at a time, so that one which waits stands beside one which works. */
export const suites: readonly Suite[] = [
  {
    name: 'process',
    quick: true,
    files: () =>
      find(
        'src/!(agent|cli|machine)/**/*.process.test.ts',
        'test/support/**/*.process.test.ts',
        'test/e2e/**/*.test.ts',
      ),
    flags: processes,
  },
  {
    name: 'unit',
    quick: true,
    files: () => find('src/**/*.test.ts', 'test/landmines/**/*.test.ts').filter((file) => !ownProcess(file)),
    flags: oneProcess,
  },
  {
    name: 'engines',
    quick: true,
    files: () => find('test/engines/*.test.ts'),
    flags: oneProcess,
  },
  {
    name: 'compat',
    quick: true,
    files: () => find('test/compat/**/*.test.ts').filter((file) => !ownProcess(file)),
    flags: oneProcess,
  },
  { name: 'repo', quick: true, files: () => find('test/repo/**/*.test.ts'), flags: oneProcess },
  // Machines that are killed, stopped, cut off and behind proxies; most of the time they wait for a deadline.
  {
    name: 'networks',
    quick: false,
    files: () => find('test/networks/**/*.test.ts'),
    flags: ['--test-concurrency=3', '--test-timeout=600000'],
  },
  { name: 'simulation', quick: false, files: () => find('test/simulation/**/*.test.ts'), flags: simulations },
  // What an agent does with its engines, with tools of its machine and with servers that run there.
  {
    name: 'agent',
    quick: false,
    files: () => find('src/{agent,machine}/**/*.process.test.ts', 'test/attached/**/*.test.ts'),
    flags: processes,
  },
  // What a person types, the compatibility suite too; and one machine whose parts die, hang or talk nonsense.
  {
    name: 'commands',
    quick: false,
    files: () => find('src/cli/**/*.process.test.ts', 'test/compat/**/*.process.test.ts', 'test/faults/**/*.test.ts'),
    flags: processes,
  },
  {
    name: 'clients',
    quick: false,
    files: () => find('test/clients/**/*.test.ts', 'test/engines/real/**/*.test.ts'),
    // Clients wait most of the time: for their own retries, and for an engine that is slow on purpose.
    flags: ['--test-concurrency=2', '--test-timeout=600000'],
  },
  // Machines that are killed and cut off; one file at a time, because they measure how long it takes.
  {
    name: 'fleet',
    quick: false,
    alone: true,
    files: () => find('test/fleet/**/*.test.ts'),
    flags: longProcesses,
  },
  // How long an installation and a first start take.
  {
    name: 'packaging',
    quick: false,
    alone: true,
    files: () => find('test/packaging/**/*.test.ts'),
    flags: longProcesses,
  },
  // A gateway and how long its loop is busy.
  {
    name: 'hostile',
    quick: false,
    alone: true,
    files: () => find('test/hostile/**/*.test.ts'),
    flags: processes,
  },
];
