/** `metalyard keys`: make, list, change and revoke API keys, with or without a running gateway. */
import { anyPlace, type KeyPlaces } from '../../contract/key-places.ts';
import { defaultRates, defaultRules, type KeyRules } from '../../contract/quota.ts';
import type { ServiceClass } from '../../contract/service-class.ts';
import type { ApiKey, KeyChange, ListedKey, Store } from '../../transport/store/store.ts';
import { periodStart } from '../../yard/quota/bucket.ts';
import { administerStore, changeStore } from '../administer-store.ts';
import { CommandError } from '../command-error.ts';
import { namesIfRunning, namesWithoutModel } from '../gateway-names.ts';
import { commandLine } from '../package-files.ts';
import { table } from '../table.ts';

export interface KeysFlags {
  readonly dataDir: string;
  readonly json?: boolean;
}

/** What `keys create` and `keys set` can settle about a key; what is not given stays as it is. */
export interface KeySettings {
  readonly models?: readonly string[] | 'all';
  readonly machines?: readonly string[] | 'all';
  readonly labels?: readonly string[] | 'none';
  readonly trustedOnly?: 'yes' | 'no';
  readonly group?: string;
  readonly requestsPerMinute?: number | 'none';
  readonly inputTokensPerMinute?: number | 'none';
  readonly outputTokensPerMinute?: number | 'none';
  readonly concurrency?: number | 'none';
  readonly dailyTokens?: number | 'none';
  readonly monthlyTokens?: number | 'none';
  /** Wall clock ms. */
  readonly expires?: number | 'never';
  readonly class?: ServiceClass;
  readonly weight?: number;
}

export async function createKey(flags: KeysFlags & KeySettings & { readonly label: string }): Promise<void> {
  if (!/^[^\p{Cc}\p{Bidi_Control}]{1,128}$/u.test(flags.label)) {
    throw new CommandError('--label: 1 to 128 characters, and no control characters such as line ends.');
  }
  await administerStore(flags, async ({ keys, machines }) => {
    const { key, secret } = await keys.create(flags.label, changeOf(await byId(flags, machines)));
    if (flags.json) return printJson({ ...key, secret });
    process.stdout.write(`The key "${key.label}" (${key.id}). It is shown only now, so keep it:\n\n  ${secret}\n`);
  });
  await noteUnknownModels(flags);
}

export async function listKeys(flags: KeysFlags): Promise<void> {
  await administerStore(flags, async ({ keys }) => {
    const all = await keys.list();
    if (flags.json) return printJson(all);
    if (all.length === 0) {
      process.stdout.write(`There are no keys yet. Make one: ${commandLine('keys create', flags.dataDir)}\n`);
      return;
    }
    process.stdout.write(
      table(
        ['key', 'label', 'made', 'class', 'limits', 'models', 'state'],
        all.map((key) => [
          key.id,
          key.label,
          day(key.createdAtMs),
          key.rules.class + (key.rules.weight === 1 ? '' : ` x${key.rules.weight}`),
          ownLimits(key.rules) || 'usual',
          key.models === null ? 'all' : key.models.join(', '),
          stateText(key),
        ]),
      ),
    );
  });
}

/** Prints what a key may use, and what it has used of its budgets' day and month. */
export async function showKey(given: string, flags: KeysFlags): Promise<void> {
  await administerStore(flags, async ({ keys, usage, machines }) => {
    const key = (await keys.list()).find(({ id }) => id === keyIdOf(given));
    if (key === undefined) throw unknownKey(keyIdOf(given), flags);
    const nowMs = Date.now();
    const usedSince = async (sinceMs: number): Promise<number> => {
      const rows = await usage.sum({ by: 'key', sinceMs, untilMs: nowMs + 1, keyId: key.id });
      return rows.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
    };
    const usedTokens = {
      today: await usedSince(periodStart('day', nowMs)),
      thisMonth: await usedSince(periodStart('month', nowMs)),
    };
    if (flags.json) return printJson({ ...key, usedTokens });
    process.stdout.write(`"${key.label}" (${key.id}), made ${day(key.createdAtMs)}, ${stateText(key)}\n\n`);
    process.stdout.write(settingsText(key, await namesOf(machines), usedTokens));
  });
}

/** Changes a key; a running gateway goes by it from the next request on. */
export async function setKey(given: string, flags: KeysFlags & KeySettings): Promise<void> {
  const id = keyIdOf(given);
  const { models, group, places = {}, rules = {} } = changeOf(flags);
  const isEmpty = models === undefined && group === undefined;
  if (isEmpty && Object.keys({ ...places, ...rules }).length === 0)
    throw new CommandError('Say what to change: --models NAMES, --requests-per-minute N (--help lists all).');
  const { key, machineNames } = await changeStore(flags, async ({ keys, machines }) => {
    const changed = await keys.set(id, changeOf(await byId(flags, machines)));
    if (changed === undefined) throw unknownKey(id, flags);
    return { key: changed, machineNames: await namesOf(machines) };
  });
  if (flags.json) printJson(key);
  else process.stdout.write(`"${key.label}" (${id}), from the next request on:\n\n${settingsText(key, machineNames)}`);
  await noteUnknownModels(flags);
}

/** Machines of a rule by their ids: a name could become that of another machine. */
async function byId<Flags extends KeySettings & Pick<KeysFlags, 'dataDir'>>(
  flags: Flags,
  machines: Store['machines'],
): Promise<Flags> {
  if (flags.machines === undefined || flags.machines === 'all') return flags;
  const known = await machines.list();
  const ids = flags.machines.map((given) => {
    const exact = known.find(({ machineId }) => machineId === given);
    const [found, second] = exact === undefined ? known.filter(({ name }) => name === given) : [exact];
    if (found === undefined)
      throw new CommandError(`No machine is called ${given}. The list: ${commandLine('machines ls', flags.dataDir)}`);
    if (second === undefined) return found.machineId;
    throw new CommandError(
      `Several machines are called ${given}: give the id of one (${commandLine('machines ls', flags.dataDir)}).`,
    );
  });
  return { ...flags, machines: ids };
}

const namesOf = async (machines: Store['machines']): Promise<ReadonlyMap<string, string>> =>
  new Map((await machines.list()).map(({ machineId, name }) => [machineId, name]));

/** A slip in a name would only be noticed by whoever uses the key. */
async function noteUnknownModels({ dataDir, models }: KeysFlags & KeySettings): Promise<void> {
  if (models === undefined || models === 'all') return;
  const names = await namesIfRunning(dataDir);
  const unknown = names === undefined ? [] : namesWithoutModel(names, models);
  if (unknown.length === 0) return;
  process.stderr.write(
    `Note: no machine has told of ${unknown.join(' or ')} yet. What there is: metalyard models ls\n`,
  );
}

/** Without what is about the command and not about the key. */
function changeOf({ models, expires, group, ...flags }: KeySettings): KeyChange {
  const { machines, labels, trustedOnly } = flags;
  const none = <Value>(value: Value | 'none' | 'never'): Value | null =>
    value === 'none' || value === 'never' ? null : value;
  const rules = Object.entries({ ...flags, expiresAtMs: expires })
    .filter(([name, value]) => Object.hasOwn(defaultRules, name) && value !== undefined)
    .map(([name, value]) => [name, none(value)]);
  return {
    ...(models === undefined ? {} : { models: models === 'all' ? null : models }),
    ...(group === undefined ? {} : { group: group === 'none' ? null : group }),
    places: {
      ...(machines === undefined ? {} : { machines: machines === 'all' ? null : machines }),
      ...(labels === undefined ? {} : { labels: labels === 'none' ? [] : labels }),
      ...(trustedOnly === undefined ? {} : { trustedOnly: trustedOnly === 'yes' }),
    },
    // The flags are named as the rules are; their values were checked as they were read.
    rules: Object.fromEntries(rules) as Partial<KeyRules>,
  };
}

const limitNames = {
  requestsPerMinute: 'requests/min',
  inputTokensPerMinute: 'input/min',
  outputTokensPerMinute: 'output/min',
  concurrency: 'at once',
  dailyTokens: 'tokens/day',
  monthlyTokens: 'tokens/month',
} as const;

/** Those that were set for this key: "60 requests/min, 1,000,000 tokens/day". */
const ownLimits = (rules: KeyRules): string =>
  Object.entries(limitNames)
    .map(([name, text]) => [rules[name as keyof typeof limitNames], text] as const) // a key of the names
    .filter(([value]) => value !== null)
    .map(([value, text]) => `${grouped(value ?? 0)} ${text}`)
    .join(', ');

function settingsText(
  { models, places, group, rules }: ApiKey,
  names: ReadonlyMap<string, string>,
  used?: { readonly today: number; readonly thisMonth: number },
): string {
  const rate = (own: number | null, usual: number): string =>
    own === null ? `${grouped(usual)} (as every key)` : grouped(own);
  const budget = (own: number | null, spent: number | undefined): string =>
    (own === null ? 'no limit' : grouped(own)) + (spent === undefined ? '' : `, ${grouped(spent)} used`);
  const { requestsPerMinute, inputTokensPerMinute, outputTokensPerMinute, concurrency } = rules;
  return table(
    ['setting', 'value'],
    [
      ['requests per minute', rate(requestsPerMinute, defaultRates.requestsPerMinute)],
      ['input tokens per minute', rate(inputTokensPerMinute, defaultRates.inputTokensPerMinute)],
      ['output tokens per minute', rate(outputTokensPerMinute, defaultRates.outputTokensPerMinute)],
      ['requests at once', concurrency === null ? 'no limit' : grouped(concurrency)],
      ['tokens per day (UTC)', budget(rules.dailyTokens, used?.today)],
      ['tokens per month (UTC)', budget(rules.monthlyTokens, used?.thisMonth)],
      ['expires', expiryText(rules.expiresAtMs)],
      ['class', rules.class],
      ['weight', String(rules.weight)],
      ['models', models === null ? 'all' : models.join(', ')],
      ['machines', placesText(places, names)],
      ['group', group ?? 'none: it shares no cache'],
    ],
  );
}

/** Where its requests may run: "desk or cellar, labelled quiet, trusted only". */
function placesText(places: KeyPlaces | null, names: ReadonlyMap<string, string>): string {
  const { machines, labels, trustedOnly } = places ?? anyPlace;
  const rules = [
    ...(machines === null ? [] : [machines.map((id) => names.get(id) ?? id).join(' or ')]),
    ...(labels.length === 0 ? [] : [`labelled ${labels.join(' and ')}`]),
    ...(trustedOnly ? ['trusted only'] : []),
  ];
  return rules.length === 0 ? 'all' : rules.join(', ');
}

function expiryText(atMs: number | null): string {
  if (atMs === null) return 'never';
  return new Date(atMs).toISOString() + (atMs <= Date.now() ? ', so it does not work any more' : '');
}

function stateText({ revokedAtMs, rules: { expiresAtMs } }: ListedKey): string {
  if (revokedAtMs !== null) return `revoked ${day(revokedAtMs)}`;
  if (expiresAtMs === null) return 'works';
  return expiresAtMs <= Date.now() ? `expired ${day(expiresAtMs)}` : `works until ${day(expiresAtMs)}`;
}

/** Accepts a key's id, or the key itself: whoever has it may be holding nothing else. */
export const keyIdOf = (given: string): string => given.replace(/^my_([0-9A-Za-z]{12})_.*$/, 'key_$1');

export const unknownKey = (id: string, flags: Pick<KeysFlags, 'dataDir'>): CommandError =>
  new CommandError(`No working key has the id ${id}. The list: ${commandLine('keys list', flags.dataDir)}`);

export async function revokeKey(given: string, flags: KeysFlags): Promise<void> {
  const id = keyIdOf(given);
  if (!(await changeStore(flags, ({ keys }) => keys.revoke(id)))) throw unknownKey(id, flags);
  if (flags.json) return printJson({ id, revoked: true });
  process.stdout.write(`${id} is revoked: requests with it are refused from now on.\n`);
}

const grouped = (count: number): string => count.toLocaleString('en-US');
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
