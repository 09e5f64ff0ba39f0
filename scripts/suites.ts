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
  /** It works all the time and waits for nothing: the processor is the other suite's where both want it. */
  readonly givesWay?: true;
  files(): string[];
  /** All files share one process, or each has its own and so many run at a time. */
  readonly processes: 'one' | number;
  /** For one test, ms. */
  readonly testMs: number;
  /** For one process with all its tests, ms: about three times what the longest takes on a busy machine. Then it is killed. */
  readonly fileMs: number;
}

type Bounds = Pick<Suite, 'processes' | 'testMs' | 'fileMs'>;

const oneProcess = { processes: 'one', testMs: 30_000, fileMs: 600_000 } satisfies Bounds;
const processes = { processes: 2, testMs: 120_000, fileMs: 240_000 } satisfies Bounds;
const longProcesses = { processes: 1, testMs: 300_000, fileMs: 480_000 } satisfies Bounds;

/** Many seeds: three minutes at most, on a busy machine too. */
const simulations = { processes: 2, testMs: 180_000, fileMs: 360_000 } satisfies Bounds;

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
        'scripts/**/*.process.test.ts',
        'test/e2e/**/*.test.ts',
      ),
    ...processes,
  },
  {
    name: 'unit',
    quick: true,
    files: () => find('src/**/*.test.ts', 'test/landmines/**/*.test.ts').filter((file) => !ownProcess(file)),
    ...oneProcess,
  },
  {
    name: 'engines',
    quick: true,
    files: () => find('test/engines/*.test.ts'),
    ...oneProcess,
  },
  {
    name: 'compat',
    quick: true,
    files: () => find('test/compat/**/*.test.ts').filter((file) => !ownProcess(file)),
    ...oneProcess,
  },
  { name: 'repo', quick: true, files: () => find('test/repo/**/*.test.ts'), ...oneProcess },
  // Machines that are killed, stopped, cut off and behind proxies; most of the time they wait for a deadline.
  {
    name: 'networks',
    quick: false,
    files: () => find('test/networks/**/*.test.ts'),
    ...longProcesses,
    processes: 3,
  },
  {
    name: 'simulation',
    quick: false,
    givesWay: true,
    files: () => find('test/simulation/**/*.test.ts'),
    ...simulations,
  },
  // What an agent does with its engines, with tools of its machine and with servers that run there.
  {
    name: 'agent',
    quick: false,
    files: () => find('src/{agent,machine}/**/*.process.test.ts', 'test/attached/**/*.test.ts'),
    ...processes,
  },
  // What a person types, the compatibility suite too; and one machine whose parts die, hang or talk nonsense.
  {
    name: 'commands',
    quick: false,
    files: () => find('src/cli/**/*.process.test.ts', 'test/compat/**/*.process.test.ts', 'test/faults/**/*.test.ts'),
    ...processes,
  },
  {
    name: 'clients',
    quick: false,
    files: () => find('test/clients/**/*.test.ts', 'test/engines/real/**/*.test.ts'),
    // Clients wait most of the time: for their own retries, and for an engine that is slow on purpose.
    ...longProcesses,
    processes: 2,
  },
  // Machines that are killed and cut off; one file at a time, because they measure how long it takes.
  {
    name: 'fleet',
    quick: false,
    alone: true,
    files: () => find('test/fleet/**/*.test.ts'),
    ...longProcesses,
  },
  // How long an installation and a first start take.
  {
    name: 'packaging',
    quick: false,
    alone: true,
    files: () => find('test/packaging/**/*.test.ts'),
    ...longProcesses,
  },
  // A gateway and how long its loop is busy.
  {
    name: 'hostile',
    quick: false,
    alone: true,
    files: () => find('test/hostile/**/*.test.ts'),
    ...processes,
  },
];
