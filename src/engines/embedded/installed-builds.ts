/**
 * Which builds of the engine npm has installed for this machine, without loading any of them. They are
 * packages of their own, optional dependencies of node-llama-cpp, one per system and back end.
 */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const systems: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: 'linux', darwin: 'mac', win32: 'win' };

/** Back ends by the end of a package's name; the plain package is the one for the processor. */
const backends = { '': 'cpu', '-cuda': 'cuda', '-cuda-ext': 'cuda', '-vulkan': 'vulkan', '-metal': 'metal' } as const;

/** For example `['cpu', 'vulkan']`; empty where no build fits the machine. */
export function installedBuilds(
  platform: NodeJS.Platform = process.platform,
  architecture: string = process.arch,
  folderOf: (name: string) => string | undefined = packageFolder,
): readonly string[] {
  const system = systems[platform];
  if (system === undefined) return [];
  const found = Object.entries(backends)
    .filter(([end]) => hasBinaries(folderOf(`@node-llama-cpp/${system}-${architecture}${end}`)))
    .map(([, backend]) => backend);
  return [...new Set(found)];
}

/** A checkout has empty packages in place of the large ones (docs/decisions/002). */
function hasBinaries(folder: string | undefined): boolean {
  if (folder === undefined) return false;
  try {
    return readdirSync(join(folder, 'bins')).length > 0;
  } catch {
    return false;
  }
}

/** Where a package of node-llama-cpp is. Looked up by folder: its `exports` show nothing to require. */
function packageFolder(name: string): string | undefined {
  try {
    const engine = createRequire(import.meta.url).resolve('node-llama-cpp');
    const folders = createRequire(engine).resolve.paths(name) ?? [];
    return folders.map((folder) => join(folder, name)).find((folder) => existsSync(folder));
  } catch {
    return undefined;
  }
}
