/**
 * Takes out of a report what it must not tell about its owner: names of people and computers, keys,
 * addresses, serial numbers. What is left is enough to see what is wrong with the machine.
 *
 * Two passes. Facts whose very value is such a name are emptied by their name; then every text is
 * searched for what looks like one, since any tool may print anything.
 */
import { known } from '../../contract/machine/fact.ts';
import type { Disk, Facts } from '../../contract/machine/facts.ts';

export interface Surroundings {
  readonly userName: string;
  readonly hostName: string;
  readonly home: string;
}

/** The facts as a stranger may see them. Checks come to the same results with them. */
export function redactFacts(facts: Facts, surroundings: Surroundings): Facts {
  const { 'network.proxy': proxy, 'disk.all': disks, 'disk.models': models } = facts;
  const { 'network.tls_intercepted_by': issuer, 'security.defender_exclusions': exclusions } = facts;
  return redactTexts(
    {
      ...facts,
      ...(proxy?.known ? { 'network.proxy': known(redactProxy(proxy.value), proxy.source) } : {}),
      ...(disks?.known ? { 'disk.all': known(disks.value.map(redactDisk), disks.source) } : {}),
      ...(models?.known ? { 'disk.models': known(redactDisk(models.value), models.source) } : {}),
      ...(issuer?.known && issuer.value !== ''
        ? { 'network.tls_intercepted_by': known('<issuer>', issuer.source) }
        : {}),
      ...(exclusions?.known
        ? {
            'security.defender_exclusions': known(
              exclusions.value.map(() => '<path>'),
              exclusions.source,
            ),
          }
        : {}),
    },
    surroundings,
  );
}

const loopback = /^(localhost|127\.\d+\.\d+\.\d+(\/\d+)?|::1|\*)$/i;

/** Proxies and exceptions name computers; only that they are there, and what is about this machine, stays. */
function redactProxy(proxy: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(proxy).map(([name, value]) => [
    name,
    name.toLowerCase() === 'no_proxy'
      ? value
          .split(/[\s,]+/)
          .map((entry) => (loopback.test(entry) ? entry : '<host>'))
          .join(',')
      : `${/^[a-z0-9]+:\/\//i.exec(value)?.[0] ?? ''}<host>`,
  ]);
  return Object.fromEntries(entries);
}

/** Where systems mount by themselves; other places are named by people. */
const usualMounts =
  /^(\/|\/(boot(\/efi)?|home|var|usr|opt|srv|tmp|data|mnt|mnt\/[a-z]|System\/Volumes\/Data)|[A-Z]:\\?)$/;

const redactDisk = (disk: Disk): Disk => (usualMounts.test(disk.mount) ? disk : { ...disk, mount: '<mount>' });

/** GUIDs that are the same on every Windows: power plans, the class of display adapters. */
const publicGuids = new Set([
  'a1841308-3541-4fab-bc81-f71556f20b4a',
  '381b4222-f694-41f0-9685-ff5bb260df2e',
  '8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c',
  'e9a42b02-d5df-448d-aa00-03f14749eb61',
  '4d36e968-e325-11ce-bfc1-08002be10318',
]);

/** Neither a PCI address (0000:01:00), nor a time of day, nor the machine itself. */
const ipv6 = (text: string): string =>
  /^([0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}|\d\d?:\d\d:\d\d|::1?)$/i.test(text) ? text : '<ip>';

const patterns: readonly (readonly [RegExp, string | ((found: string) => string)])[] = [
  [/\/\/[^/@\s"]+@/g, '//<credentials>@'],
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '<address>'],
  [/(serial(?:\s*number)?"?\s*[:=]\s*"?)[^\s",]+/gi, (found) => found.replace(/[^\s",:=]+$/, '<serial>')],
  [
    /\b(bearer|token|password|secret|api[-_]?key)(["']?\s*[:=]?\s*["']?)[^\s"',<]{6,}/gi,
    (found) => found.replace(/[^\s"',<:=]+$/, '<secret>'),
  ],
  [/\b(sk|my|admin|ghp|hf|xox[a-z])[-_][A-Za-z0-9_-]{10,}/g, '<secret>'],
  [
    /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi,
    (found) => (publicGuids.has(found.toLowerCase()) ? found : '<uuid>'),
  ],
  [/\b([0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b/gi, '<mac>'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, (found) => (isAddress(found) ? '<ip>' : found)],
  [/(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:.])/gi, ipv6],
  [/(\/home\/|\/Users\/|[A-Za-z]:\\+Users\\+)[^/\\\s"']+/g, '$1<user>'],
  [/\b(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{40,}\b/g, '<secret>'],
];

/** Version numbers have four parts too; addresses stay below 256 and are not those of this machine to itself. */
function isAddress(text: string): boolean {
  const parts = text.split('.').map(Number);
  return parts.every((part) => part <= 255) && parts[0] !== 127 && parts[0] !== 0;
}

/** Names too short or too common to be replaced without spoiling words. */
const commonNames = new Set([
  '',
  'root',
  'user',
  'admin',
  'ubuntu',
  'debian',
  'node',
  'localhost',
  'linux',
  'windows',
  'macos',
]);

/** Every text of a value, keys included. */
export function redactTexts<T>(value: T, surroundings: Surroundings): T {
  const names = ownNames(surroundings);
  const text = (from: string): string => {
    const named = names.reduce((told, [name, instead]) => told.replace(name, instead), from);
    return patterns.reduce((told, [pattern, instead]) => told.replace(pattern, instead as string), named);
  };
  const walk = (each: unknown): unknown => {
    if (typeof each === 'string') return text(each);
    if (Array.isArray(each)) return each.map(walk);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [text(key), walk(inner)]));
  };
  // The same shape with other texts.
  return walk(value) as T;
}

function ownNames({ userName, hostName, home }: Surroundings): readonly (readonly [RegExp, string])[] {
  const whole = (name: string): RegExp => new RegExp(`(?<![A-Za-z0-9])${escaped(name)}(?![A-Za-z0-9])`, 'gi');
  const named = (name: string, instead: string): (readonly [RegExp, string])[] =>
    name.length < 3 || commonNames.has(name.toLowerCase()) ? [] : [[whole(name), instead]];
  return [
    ...(home.length > 1 ? [[whole(home), '~'] as const] : []),
    ...named(hostName, '<host>'),
    ...named(hostName.split('.')[0] ?? '', '<host>'),
    ...named(userName, '<user>'),
  ];
}

/** Node 22 has no RegExp.escape. */
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
