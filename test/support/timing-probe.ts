/**
 * A key that probes: it asks prompts that another key has just asked, and prompts of the same length that nobody has, and looks at the
 * times, as far as a client sees them.
 */

/** Where it asks; a machine reads what it does not hold at a bounded speed. */
export interface ProbedYard {
  readonly url: string;
  readonly model: string;
}

export interface ProbeOptions {
  /** Secrets of keys. */
  readonly victim: string;
  readonly prober: string;
  readonly trials: number;
  /** Times the text of a prompt is repeated. */
  readonly repeats: number;
  /** Told apart from other probes: no two ask the same. */
  readonly name: string;
}

export interface ProbeTimes {
  /** Of prompts the other key had asked, and of those that nobody had, ms. */
  readonly asked: readonly number[];
  readonly guessed: readonly number[];
  /** Tokens that the usage of one of the prober's prompts told as read from the cache, at most: its own prompts begin alike. */
  readonly mostCached: number;
  /** Of all of them. */
  readonly cachedTokens: number;
}

/** Half of the trials ask what was asked, in an order that no drift of the machine's speed can pass for. */
export async function probeTimes(yard: ProbedYard, options: ProbeOptions): Promise<ProbeTimes> {
  const { victim, prober, trials, repeats, name } = options;
  const [asked, guessed]: [number[], number[]] = [[], []];
  let [cachedTokens, mostCached] = [0, 0];
  for (let trial = 0; trial < trials; trial += 1) {
    const secret = `${trial} secret ${name}`;
    await ask(yard, victim, secret, repeats);
    const wasAsked = ((trial ^ (trial >> 1)) & 1) === 1;
    const answer = await ask(yard, prober, wasAsked ? secret : `${trial} random ${name}`, repeats);
    (wasAsked ? asked : guessed).push(answer.ms);
    cachedTokens += answer.cachedTokens;
    mostCached = Math.max(mostCached, answer.cachedTokens);
  }
  return { asked, guessed, mostCached, cachedTokens };
}

/** How often one that was asked takes less time than one that was not; ties count half. 0.5 is chance, 1 is knowledge. */
export function areaUnderCurve({ asked, guessed }: Pick<ProbeTimes, 'asked' | 'guessed'>): number {
  let less = 0;
  for (const one of asked) for (const other of guessed) less += one < other ? 1 : Number(one === other) / 2;
  return less / (asked.length * guessed.length);
}

/** A prompt that begins with its text, so that nothing but the template stands before what differs. */
async function ask({ url, model }: ProbedYard, key: string, text: string, repeats: number) {
  const content = `${text} `.repeat(repeats);
  const startedMs = performance.now();
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens: 20, messages: [{ role: 'user', content }] }),
  });
  const body = (await response.json()) as { readonly usage?: { readonly cache_read_input_tokens: number } };
  if (body.usage === undefined) throw new Error(`${response.status}: ${JSON.stringify(body)}`);
  return { ms: performance.now() - startedMs, cachedTokens: body.usage.cache_read_input_tokens };
}
