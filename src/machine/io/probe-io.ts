/** The world as probes see it: commands, small files, folders, the environment. */
import { access, constants, readdir, readlink, stat, statfs } from 'node:fs/promises';
import { fileTimeoutMs, toolTimeoutMs } from '../probe.ts';
import type { Reading } from '../reading.ts';
import { type Section, sectionsText } from '../text/sections.ts';
import { limited } from './limited.ts';
import { bounded, readSmallFile } from './read-file.ts';
import { runTool, toolEnvironment } from './run-tool.ts';

export interface ProbeIo {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file or folder the models are in. */
  readonly modelsPath: string;
  run(command: string, args: readonly string[], timeoutMs?: number): Promise<Reading>;
  file(path: string): Promise<Reading>;
  /** Several files as one text with headings; those that cannot be read are left out. */
  files(source: string, paths: readonly string[]): Promise<Reading>;
  /** Names in a folder; none when it cannot be read. */
  names(folder: string): Promise<readonly string[]>;
  /** Those of the paths that exist. */
  existing(paths: readonly string[]): Promise<readonly string[]>;
  /** May this user open it for reading and writing? */
  usable(path: string): Promise<boolean>;
  /** Where a symbolic link points, or undefined. */
  link(path: string): Promise<string | undefined>;
  /** Free and total bytes of the file system that holds a path. */
  space(path: string): Promise<{ readonly free: number; readonly total: number } | undefined>;
}

/** Tools at once: a machine that serves is not to notice its probes. */
const toolsAtOnce = 4;
/** Node has four threads for files, of which a stuck file may hold one. */
const filesAtOnce = 3;

export interface IoOptions {
  readonly modelsPath: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly toolTimeoutMs?: number;
}

export function probeIo({ modelsPath, env = process.env, toolTimeoutMs: toolMs = toolTimeoutMs }: IoOptions): ProbeIo {
  const tools = limited(toolsAtOnce);
  const reads = limited(filesAtOnce);
  const toolEnv = toolEnvironment(env);
  const file = (path: string): Promise<Reading> => reads(() => readSmallFile(path, fileTimeoutMs));
  const ask = (path: string, question: () => Promise<string>) => reads(() => bounded(path, fileTimeoutMs, question));
  return {
    env,
    modelsPath,
    run: (command, args, timeoutMs = toolMs) =>
      tools(() => runTool({ command, args, timeoutMs: Math.min(timeoutMs, toolMs), env: toolEnv })),
    file,
    async files(source, paths) {
      const readings = await Promise.all(paths.map(file));
      const read = readings.flatMap(({ source: path, text, failure }): Section[] =>
        failure === undefined ? [{ path, text }] : [],
      );
      if (read.length > 0) return { source, text: sectionsText(read) };
      const failure = readings.find((reading) => reading.failure?.reason !== 'absent')?.failure;
      return { source, text: '', failure: failure ?? { reason: 'absent', detail: 'there is no such file' } };
    },
    async names(folder) {
      const { text } = await ask(folder, async () => (await readdir(folder)).join('\0'));
      return text === '' ? [] : text.split('\0').sort();
    },
    async existing(paths) {
      const found = await Promise.all(
        paths.map(async (path) => (await ask(path, () => stat(path).then(() => 'yes'))).text === 'yes'),
      );
      return paths.filter((_, at) => found[at]);
    },
    async usable(path) {
      const { text } = await ask(path, () => access(path, constants.R_OK | constants.W_OK).then(() => 'yes'));
      return text === 'yes';
    },
    async link(path) {
      const { text } = await ask(path, () => readlink(path));
      return text === '' ? undefined : text;
    },
    async space(path) {
      const { text } = await ask(path, async () => {
        const { bavail, blocks, bsize } = await statfs(path);
        return `${bavail * bsize} ${blocks * bsize}`;
      });
      const [free, total] = text.split(' ').map(Number);
      return text === '' || free === undefined || total === undefined ? undefined : { free, total };
    },
  };
}
