/** A decision as people read it, in 80 columns. */

import { unreachable } from '../contract/unreachable.ts';
import type { ExplainedAttempt, ExplainedEnd, Explanation } from '../gateway/decision-book.ts';
import type { Waited } from '../yard/queue/past.ts';
import type { Candidate, RuledOut } from '../yard/routing/decision.ts';
import type { WaitedLoad, Waiting } from '../yard/routing/decision-of.ts';
import { reasonText } from '../yard/routing/reasons.ts';
import { loadKindText } from './load-times-text.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

const columns = 80;
const longestName = 20;
/** Of a longer one: what differs may stand at either end. */
const longestHead = 8;

export function explanationText({ requestId, model, attempts, end, waiting, refusal }: Explanation): string {
  if (refusal !== null) return `${requestId}\n${lines(`Refused at once: ${refusal.code}: ${refusal.message}`, '')}`;
  const last = attempts.at(-1);
  const parts = [
    `${requestId}\n${lines(`${model}: ${end === null ? 'not over yet' : endText(end)}`, '')}`,
    ...attempts.map((attempt) => attemptText(attempt, attempt === last ? end : null)),
    ...(waiting === null ? [] : [waitingText(waiting)]),
  ];
  return parts.join('\n');
}

function endText({ kind, code, message, ttftMs, totalMs, usage }: ExplainedEnd): string {
  const after = `after ${time(totalMs)}`;
  if (kind !== 'answered' || usage === null) {
    const why = message === null ? '' : `: ${code}: ${message}`;
    return `${kind} ${after}${why}`;
  }
  const first = ttftMs === null ? '' : `, the first word after ${time(ttftMs)}`;
  return (
    `answered ${after}${first}; ${count(usage.promptTokens)} tokens of prompt, ` +
    `${count(usage.cachedTokens)} of them cached, ${count(usage.outputTokens)} of answer`
  );
}

function attemptText({ decision, lostBecause }: ExplainedAttempt, end: ExplainedEnd | null): string {
  const { attempt, chosen, alternatives, queuedMs, waited, promptTokens, machines, ruledOut } = decision;
  const { predicted, cachedTokens, penalties } = chosen;
  const seen = end?.ttftMs == null ? '' : `, ${time(end.ttftMs)} seen (with ${time(queuedMs)} in the queue)`;
  const foreseen =
    `First word: ${time(predicted.ttftMs)} predicted${seen}. Of that ${time(predicted.waitMs)} waiting for a slot, ` +
    `${time(predicted.answerMs)} until the offer is answered, ${time(predicted.startMs)} to start, ` +
    `${time(predicted.readMs)} to read ${count(promptTokens - cachedTokens)} of about ${count(promptTokens)} tokens; ` +
    `${count(cachedTokens)} were expected in its cache.`;
  const against = penalties.map(({ name, ms }) => `${name} (${time(ms)})`).join(', ');
  return [
    `Attempt ${attempt}: ${chosen.name}, one of ${machines} with the model\n`,
    lines(foreseen, '  '),
    waited.length === 0 ? '' : lines(`In the queue before that: ${waited.map(waitedText).join(', ')}.`, '  '),
    against === '' ? '' : lines(`Against it: ${against}.`, '  '),
    lostBecause === null ? '' : lines(`It came to nothing: ${lostBecause}`, '  '),
    indented(candidatesText([chosen, ...alternatives])),
    ruledOutText(ruledOut),
  ].join('');
}

function waitingText(waiting: Waiting): string {
  const { waitedMs, loads, couldHave, ruledOut } = waiting;
  return [
    `Waiting for ${time(waitedMs)}\n`,
    lines(whyItWaits(waiting), '  '),
    ...loads.map((load) => lines(loadText(load), '  ')),
    couldHave.length === 0 ? '' : indented(candidatesText(couldHave)),
    ruledOutText(ruledOut),
  ].join('');
}

function whyItWaits({ hopesFor, isLoading, sparesMs, leavesLastSlot }: Waiting): string {
  if (leavesLastSlot) return 'The last free slots are left to other keys: its key has its share already.';
  if (hopesFor !== null) {
    const state = isLoading ? 'is loading the model' : 'is full';
    return `It is better off with ${hopesFor.name}, which ${state}: ${time(hopesFor.predicted.ttftMs)} with the wait.`;
  }
  return sparesMs === null
    ? 'No machine has a slot for it.'
    : `The slots that are free are kept for conversations that are expected back, for ${time(sparesMs)} yet.`;
}

/** `pc loads it: 8.0 s left of 12.0 s (a later one; the first took 40 s).` */
function loadText({ name, wholeMs, leftMs, times }: WaitedLoad): string {
  const known = times === null ? null : loadKindText(times);
  return `${shortened(name)} loads it: ${time(leftMs)} left of ${time(wholeMs)}${known === null ? '' : ` (${known})`}.`;
}

/** `30.1 s in which nobody loaded it (pc: a was loaded a moment ago)`. */
function waitedText({ state, because, ms }: Waited): string {
  switch (state) {
    case 'full':
      return `${time(ms)} for a slot`;
    case 'last-slot':
      return `${time(ms)} in which the last free slots were left to other keys`;
    case 'loading':
      return `${time(ms)} for the load${because === null ? '' : ` on ${shortened(because)}`}`;
    case 'not-loaded':
      return `${time(ms)} in which nobody loaded it${because === null ? '' : ` (${because.replace(/\.$/, '')})`}`;
    case 'absent':
      return `${time(ms)} in which no machine could have it`;
    default:
      return unreachable(state);
  }
}

function candidatesText(candidates: readonly Candidate[]): string {
  return table(
    ['machine', 'first word', 'cached', 'reads/s', 'writes/s', 'known', 'cost'],
    candidates.map(({ name, predicted, cachedTokens, pace, cost }) => [
      shortened(name),
      time(predicted.ttftMs),
      count(cachedTokens),
      count(pace.readPerS),
      count(pace.writePerS),
      pace.confidence === 0 ? 'guess' : `${Math.round(pace.confidence * 100)} %`,
      time(cost),
    ]),
  );
}

function ruledOutText(ruledOut: readonly RuledOut[]): string {
  return ruledOut
    .map(({ reason, count: many, machines }) => {
      const names = machines.map(shortened).join(', ');
      const more = many > machines.length ? ` and ${many - machines.length} more` : '';
      return lines(`Not ${names}${more}: ${reasonText[reason]}.`, '  ');
    })
    .join('');
}

const lines = (text: string, first: string): string => `${wrap(text, first, columns).join('\n')}\n`;
const indented = (text: string): string => text.replace(/^(?=.)/gm, '  ');
const shortened = (name: string): string =>
  (name.length <= longestName
    ? name
    : `${name.slice(0, longestHead)}...${name.slice(longestHead + 3 - longestName)}`
  ).replace(/\p{Cc}/gu, '?');
const count = (value: number): string => Math.round(value).toLocaleString('en-US');

function time(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 100_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}
