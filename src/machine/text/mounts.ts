/** Mounts as /proc/self/mountinfo and /proc/mounts list them. */
import { lines } from './lines.ts';

export interface Mount {
  readonly mount: string;
  readonly filesystem: string;
  /** What is mounted: `/dev/sda1`, `overlay`, `C:\`. */
  readonly device: string;
  /** `major:minor`; mountinfo only. */
  readonly number?: string;
  /** The part of the file system that is mounted; mountinfo only. */
  readonly root?: string;
}

/** Spaces and backslashes in paths are written in octal. */
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export function readMounts(text: string): readonly Mount[] {
  return lines(text, 8_000).flatMap((line): Mount[] => {
    const info = /^\d+ \d+ (\d+:\d+) (\S+) (\S+) \S+ .*?- (\S+) (\S+)/.exec(line);
    if (info !== null) {
      const [, number, root, mount, filesystem, device] = info as unknown as string[];
      return [
        {
          mount: unescaped(mount!),
          filesystem: filesystem!,
          device: unescaped(device!),
          number: number!,
          root: unescaped(root!),
        },
      ];
    }
    const plain = /^(\S+) (\/\S*) (\S+) \S+ \d+ \d+\s*$/.exec(line);
    if (plain === null) return [];
    const [, device, mount, filesystem] = plain as unknown as string[];
    return [{ mount: unescaped(mount!), filesystem: filesystem!, device: unescaped(device!) }];
  });
}

/** The mount a path is on: of those above it the deepest, of equals the last, which hides the others. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const each of mounts) {
    const above = each.mount === '/' || path === each.mount || path.startsWith(`${each.mount}/`);
    if (above && (best === undefined || each.mount.length >= best.mount.length)) best = each;
  }
  return best;
}
