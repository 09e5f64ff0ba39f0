/** Folders of /sys/fs/cgroup that may limit this process: its own group and all above it. */
export interface CgroupPlaces {
  readonly v2: readonly string[];
  readonly v1Memory: readonly string[];
}

/** `text` is /proc/self/cgroup. */
export function cgroupPlaces(text: string): CgroupPlaces {
  const path = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? '/';
  return {
    v2: upwards('/sys/fs/cgroup', path(/^0::(\/[^\n]*)$/m)),
    v1Memory: upwards('/sys/fs/cgroup/memory', path(/^\d+:[^:\n]*\bmemory\b[^:\n]*:(\/[^\n]*)$/m)),
  };
}

/** Deeper nesting than this is not looked at. */
const deepest = 12;

function upwards(root: string, path: string): readonly string[] {
  // `/../..` is what a process outside its namespace's root sees.
  const parts = path.split('/').filter((part) => part !== '' && part !== '..');
  return Array.from({ length: Math.min(parts.length, deepest) + 1 }, (_, depth) =>
    [root, ...parts.slice(0, depth)].join('/'),
  );
}
