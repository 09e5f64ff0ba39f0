/**
 * What a landmine is, and how its file is written: `landmine({...})` takes the facts it needs by name
 * and a `judge` that sees their values only when all of them are known. The results that are the same
 * everywhere (another system, a fact that is unknown) are made here, once.
 */
import { type Fact, knownValue } from '../contract/machine/fact.ts';
import type { FactName, Facts, FactTable, OperatingSystem } from '../contract/machine/facts.ts';
import type { CheckResult, Command, Effect, Severity } from '../contract/machine/finding.ts';
import type { Source } from './sources.ts';

/** In the order in which doctor prints them. */
export const groups = {
  system: 'System and libraries',
  nvidia: 'NVIDIA',
  amd: 'AMD and Vulkan',
  graphics: 'Graphics memory and displays',
  memory: 'Memory',
  engine: 'Engine',
  wsl: 'WSL and containers',
  windows: 'Windows',
  macos: 'macOS',
  disk: 'Disks',
  network: 'Network and clock',
  power: 'Power, sleep and sessions',
} as const;
export type Group = keyof typeof groups;

/** What many people think, and what turned out when it was looked up. */
export interface Belief {
  readonly held: string;
  readonly found: string;
}

/** A part that not every machine has. */
export type Part = 'gpu' | 'nvidia' | 'amd' | 'wsl' | 'container';

/** What `judge` saw, when it is worth telling. */
export interface Observation {
  /** One sentence with the values. */
  readonly seen: string;
  /** In place of the landmine's own sentence. */
  readonly means?: string;
  readonly remedy: readonly (string | Command)[];
  readonly effect?: Effect;
  /** In place of the landmine's own. */
  readonly severity?: Severity;
}

export type Judgement = 'ok' | 'not-applicable' | { readonly cannotTell: string } | Observation;

/** The text of a page, which a finding repeats only in part. */
interface Text {
  /** Stable, kebab-case; the name of the file and of the page. */
  readonly code: string;
  readonly title: string;
  readonly group: Group;
  /** The worst it can be. */
  readonly severity: Severity;
  /** What it means for who owns the machine, in one or two sentences. */
  readonly means: string;
  /** How it comes about, in paragraphs of Markdown. */
  readonly story: string;
  readonly belief?: Belief;
  readonly sources: readonly Source[];
  /** Codes of landmines that may be the cause of this one. */
  readonly dependsOn?: readonly string[];
  /** Its effect is `paused`, nothing else: the governor of the agent sees to it, by the same rule. */
  readonly isGoverned?: true;
  /** Systems that can have it; all when absent. */
  readonly on?: readonly OperatingSystem[];
  /** What a machine must have before this can go wrong. */
  readonly only?: readonly Part[];
  /** A machine that has it: shown on the page, and tested. */
  readonly example: Partial<FactTable>;
  /** A machine of the same kind that does not: tested. */
  readonly counterExample: Partial<FactTable>;
}

type Values<Name extends FactName> = { readonly [Each in Name]: FactTable[Each] };

export interface Definition<Name extends FactName> extends Text {
  readonly needs: readonly Name[];
  /** Facts that are used where they are known. */
  readonly reads?: readonly FactName[];
  judge(values: Values<Name>, facts: Facts): Judgement;
}

export interface Landmine extends Text {
  readonly needs: readonly FactName[];
  readonly reads: readonly FactName[];
  check(facts: Facts): CheckResult;
}

export function landmine<const Name extends FactName>(definition: Definition<Name>): Landmine {
  const { judge, ...text } = definition;
  return {
    ...text,
    reads: definition.reads ?? [],
    check(facts) {
      const elsewhere = checkSystem(definition.on, facts);
      if (elsewhere !== undefined) return elsewhere;
      if (definition.only?.some((part) => lacks[part](facts))) return { kind: 'not-applicable' };
      const needed = need(facts, definition.needs);
      if (needed.kind === 'not-checked') return needed;
      return result(definition, judge(needed.values, facts));
    },
  };
}

function checkSystem(on: readonly OperatingSystem[] | undefined, facts: Facts): CheckResult | undefined {
  if (on === undefined) return undefined;
  const system = need(facts, ['os.family']);
  if (system.kind === 'not-checked') return system;
  return on.includes(system.values['os.family']) ? undefined : { kind: 'not-applicable' };
}

/** True only where the facts show that the part is not there; not when nobody looked. */
const lacks: Readonly<Record<Part, (facts: Facts) => boolean>> = {
  gpu: (facts) => knownValue(facts['gpu.all'])?.length === 0,
  // WSL shows no NVIDIA device on its PCI bus, and where nvidia-smi speaks, there was one.
  nvidia: (facts) =>
    knownValue(facts['nvidia.hardware_present']) === false &&
    knownValue(facts['os.wsl']) === 0 &&
    smiAbsent(facts['nvidia.failure']),
  amd: (facts) => knownValue(facts['gpu.all'])?.every(({ vendor }) => vendor !== 'amd') === true,
  wsl: (facts) => knownValue(facts['os.wsl']) === 0,
  container: (facts) => knownValue(facts['os.container']) === 'none',
};

/** Nobody looked, or it is not there. One that ran and failed in whatever way is there. */
const smiAbsent = (failure: Facts['nvidia.failure']): boolean =>
  failure === undefined || (failure.known ? failure.value === 'not-installed' : failure.reason !== 'failed');

type Needed<Name extends FactName> =
  | { readonly kind: 'known'; readonly values: Values<Name> }
  | { readonly kind: 'not-checked'; readonly why: string };

/** The values of these facts, or why there is nothing to be judged: the first that is unknown. */
function need<Name extends FactName>(facts: Facts, names: readonly Name[]): Needed<Name> {
  const values: Partial<Record<FactName, unknown>> = {};
  for (const name of names) {
    const fact: Fact<unknown> | undefined = facts[name];
    if (fact === undefined) return { kind: 'not-checked', why: `nothing here tells ${name}` };
    if (!fact.known) return { kind: 'not-checked', why: `${name}: ${fact.detail || fact.reason}` };
    values[name] = fact.value;
  }
  // Every name was given its own fact's value in the loop.
  return { kind: 'known', values: values as Values<Name> };
}

function result(text: Text, judgement: Judgement): CheckResult {
  if (judgement === 'ok' || judgement === 'not-applicable') return { kind: judgement };
  if ('cannotTell' in judgement) return { kind: 'not-checked', why: judgement.cannotTell };
  const { code, severity, title, means } = text;
  return { kind: 'finding', finding: { code, severity, title, means, ...judgement } };
}
