/** What a client would find on this computer. Nothing is changed, and only files a client itself reads are read. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface World {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The folder the client would be started in. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  /** Content of a file; undefined when there is none. Throws when there is one that cannot be read. */
  readText(path: string): string | undefined;
  exists(path: string): boolean;
}

export const thisComputer = (): World => ({
  environment: process.env,
  home: homedir(),
  folder: process.cwd(),
  platform: process.platform,
  exists: existsSync,
  readText(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
        return undefined;
      }
      throw error;
    }
  },
});

/** The folder and those it is in, up to and with the root of the git repository; without one, up to the top. */
export function foldersToRoot(world: World): readonly string[] {
  const folders = [world.folder];
  for (let folder = world.folder; !world.exists(join(folder, '.git')); ) {
    const parent = dirname(folder);
    if (parent === folder) return folders;
    folders.push(parent);
    folder = parent;
  }
  return folders;
}

/** The root of the git repository the folder is in, or undefined. */
export function repositoryRoot(world: World): string | undefined {
  const root = foldersToRoot(world).at(-1) ?? world.folder;
  return world.exists(join(root, '.git')) ? root : undefined;
}

/** A path as people write it. */
export function shownPath(path: string, { home }: World): string {
  return home !== '' && path.startsWith(join(home, '/')) ? join('~', path.slice(home.length)) : path;
}
