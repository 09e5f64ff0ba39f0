/** Decisions, one at a time: who is taken, who is not and why, and what is foreseen. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noNeeds } from '../../contract/generation/request-needs.ts';
import { anyPlace, type KeyPlaces } from '../../contract/key-places.ts';
import type { Prefix } from '../../contract/link/prefix.ts';
import { DecisionStory, offersIn, pace, prefix } from '../fixtures/decision-story.ts';
import { step } from '../step.ts';
import { choose } from './choose.ts';
import { placesIn } from './circles.ts';
import type { Decision } from './decision.ts';
import { waitingOf } from './decision-of.ts';

/** The prompt of the next turn. */
const later = (lineage: string): Prefix => prefix(lineage, 22);
const reasons = (decision: Decision | undefined) =>
  Object.fromEntries((decision?.ruledOut ?? []).map(({ reason, machines }) => [reason, machines]));

describe('a request goes', () => {
  test('to the machine that reads quickest, and the figures say why', () => {
    const story = new DecisionStory();
    story.machine('slow');
    story.machine('quick', { pace: pace(4_000) });
    const decision = story.ask('r1');
    assert.equal(decision?.chosen.name, 'quick');
    assert.equal(decision?.chosen.predicted.readMs, 5_000);
    assert.equal(decision?.chosen.predicted.ttftMs, 5_050);
    assert.deepEqual(
      decision?.alternatives.map(({ name, predicted }) => [name, predicted.ttftMs]),
      [['slow', 20_050]],
    );
    assert.equal(decision?.machines, 2);
  });

  test('not to a server that has to load the model first, unless it is there sooner all the same', () => {
    const story = new DecisionStory();
    const attached = { server: 'Ollama', loaded: false, counting: 'estimated', cacheReporting: 'none' } as const;
    const cold = { tier: 'chat', attached: { ...attached, windowFrom: 'chosen' }, pace: pace(4_000) } as const;
    story.machine('warm');
    story.machine('cold', cold);
    assert.equal(story.ask('r1')?.chosen.name, 'warm', 'it takes half a minute where nobody has measured it');
    story.report('cold', { ...cold, loadMs: 9_000, loadTimes: { firstMs: 9_000, next: 'later' } });
    const decision = story.ask('r2');
    assert.equal(decision?.chosen.name, 'cold');
    assert.equal(decision?.chosen.predicted.ttftMs, 9_000 + 50 + 5_000);
  });

  test('back to the machine whose slot holds its conversation, even if that is slower', () => {
    const story = new DecisionStory();
    story.machine('warm');
    story.machine('quick', { pace: pace(4_000) });
    story.slot('warm', 1, prefix('mine'));
    const { chosen } = story.ask('r1', { prefix: later('mine') })!;
    assert.equal(chosen.name, 'warm');
    // 20 of 22 blocks, of a prompt of 20,000 tokens.
    assert.ok(Math.abs(chosen.cachedTokens - 18_180) < 50, `${chosen.cachedTokens}`);
  });

  test('elsewhere when reading it anew there is quicker', () => {
    const story = new DecisionStory();
    story.machine('warm', { pace: pace(100) });
    story.machine('quick', { pace: pace(20_000) });
    story.slot('warm', 1, prefix('mine'));
    assert.equal(story.ask('r1', { prefix: later('mine') })?.chosen.name, 'quick');
  });

  test('not where it would push another conversation out, if a machine of the same speed has an empty slot', () => {
    const story = new DecisionStory();
    story.machine('held', { slots: 1 });
    story.machine('empty', { slots: 1 });
    story.slot('held', 0, prefix('theirs'));
    assert.equal(story.ask('r1', { prefix: prefix('mine') })?.chosen.name, 'empty');
  });

  test('not into the slot of its parent, whose system prompt it shares', () => {
    const story = new DecisionStory();
    story.machine('parent', { slots: 1 });
    story.machine('other', { slots: 1 });
    story.slot('parent', 0, prefix('parent', 40, 10), 40_000);
    for (let turn = 0; turn < 4; turn += 1) story.slot('parent', 0, prefix('parent', 40, 10), 40_000);
    assert.equal(story.ask('r1', { prefix: prefix('child', 20, 10) })?.chosen.name, 'other');
  });

  test('not where another request is expected to use the slot', () => {
    const story = new DecisionStory();
    story.machine('warm');
    story.machine('other');
    story.slot('warm', 0, prefix('mine'));
    assert.equal(story.ask('r1', { prefix: later('mine') })?.chosen.cachedTokens !== 0, true);
    assert.equal(story.ask('r2', { prefix: later('mine') })?.chosen.cachedTokens, 0);
  });

  test('not by slots that its machine has not: whoever makes them up would fill the memory', () => {
    const story = new DecisionStory();
    story.machine('liar', { slots: 1 });
    for (let slot = 1; slot < 100; slot += 1) story.slot('liar', slot, prefix(`made up ${slot}`));
    assert.equal(story.yard.warmth.size, 0);
    story.slot('liar', 0, prefix('mine'));
    assert.notEqual(story.yard.warmth.size, 0);
  });

  test('by what its machine still holds after it was lost: nothing', () => {
    const story = new DecisionStory();
    story.machine('warm');
    story.slot('warm', 0, prefix('mine'));
    story.tell({ type: 'machine-disconnected', machineId: 'warm', sessionId: 'warm' });
    assert.equal(story.yard.warmth.size, 0);
    story.machine('warm');
    assert.equal(story.ask('r1', { prefix: later('mine') })?.chosen.cachedTokens, 0);
  });

  test('to the machine that was never measured, now and then: it must be tried to be known', () => {
    const story = new DecisionStory();
    story.machine('known', { pace: pace(1_100) });
    story.machine('guessed', { pace: pace(1_000, { confidence: 0 }) });
    assert.equal(story.ask('r1')?.chosen.name, 'guessed');
  });

  test('where waking costs nothing, if that outweighs the speed', () => {
    const story = new DecisionStory();
    story.machine('asleep', { pace: pace(2_000, { wakeMs: 3_000 }) });
    story.machine('awake', { pace: pace(1_500) });
    assert.equal(story.ask('r1', { estimatedTokens: 1_000 })?.chosen.name, 'asleep');
    story.accept('asleep', 'r1');
    story.end('r1');
    story.pass(40_000);
    assert.equal(story.ask('r2', { estimatedTokens: 1_000 })?.chosen.name, 'awake');
  });

  test('rather not to a machine on battery, and that is told as a penalty', () => {
    const story = new DecisionStory();
    story.machine('laptop', { pace: pace(1_500) });
    story.machine('desk');
    story.tell({ type: 'machine-judged', machineId: 'laptop', lastResortBecause: [], slowedBy: ['battery'] });
    const decision = story.ask('r1');
    assert.equal(decision?.chosen.name, 'desk');
    assert.deepEqual(
      decision?.alternatives[0]?.penalties.map(({ name }) => name),
      ['battery'],
    );
  });
});

describe('a conversation keeps its slot for a moment', () => {
  const busy = (readPerS = 1_000): DecisionStory => {
    const story = new DecisionStory();
    story.machine('desk', { slots: 1, pace: pace(readPerS) });
    story.slot('desk', 0, prefix('mine'));
    return story;
  };

  test('until it would have been back: others wait, and are told why', () => {
    const story = busy();
    assert.equal(story.ask('r1', { keyId: 'other' }), undefined);
    assert.equal(waitingOf(story.yard, 'r1')?.sparesMs, 6_000);
    assert.equal(offersIn(story.pass(5_999)).length, 0);
    assert.equal(offersIn(story.pass(6_000))[0]?.requestId, 'r1');
  });

  test('and goes before those that wait for it when it is back', () => {
    const story = busy();
    assert.equal(story.ask('r1', { keyId: 'other' }), undefined);
    story.nowMs = 3_000;
    assert.ok(story.ask('r2', { prefix: later('mine') })!.chosen.cachedTokens > 0);
  });

  /** When somebody else is served beside a conversation that is back every five seconds, ms. */
  const servedBeside = (story: DecisionStory): number => {
    story.ask('r0', { keyId: 'other' });
    let servedAtMs = 0;
    for (let turn = 1; servedAtMs === 0; turn += 1) {
      const requestId = `mine${turn}`;
      assert.ok(story.ask(requestId, { prefix: later('mine') }) !== undefined, `turn ${turn}`);
      story.accept('desk', requestId);
      story.nowMs += 2_000;
      story.tell({ type: 'machine-heard', machineId: 'desk', sessionId: 'desk' });
      story.slot('desk', 0, later('mine'));
      const effects = story.tell({ type: 'ticket-ended', requestId, attempt: 1, error: null });
      if (offersIn([...effects, ...story.pass(story.nowMs + 3_000)]).length > 0) servedAtMs = story.nowMs;
    }
    return servedAtMs;
  };

  test('but for no longer than forty seconds in all', () => {
    const story = busy();
    story.ask('before', { keyId: 'other' });
    story.tell({ type: 'request-withdrawn', requestId: 'before', reason: 'client-left' });
    const servedAtMs = servedBeside(story);
    assert.ok(servedAtMs >= 40_000 && servedAtMs <= 45_000, `${servedAtMs}`);
  });

  test('and a quarter of a minute where the key that waits is new', () => {
    const servedAtMs = servedBeside(busy());
    assert.ok(servedAtMs >= 12_000 && servedAtMs <= 17_000, `${servedAtMs}`);
  });

  test('not where its key leaves the last slot alone, and so could not go on there', () => {
    const story = new DecisionStory();
    story.machine('desk', { slots: 2 });
    for (const [slot, requestId] of ['a1', 'a2'].entries()) {
      story.ask(requestId, { keyId: 'many', prefix: prefix(requestId) });
      story.accept('desk', requestId);
      story.slot('desk', slot, prefix(requestId));
    }
    story.end('a2');
    assert.equal(story.ask('r1', { keyId: 'other' })?.chosen.name, 'desk');
  });

  test('not where reading it again takes less than the wait', () => {
    assert.equal(busy(5_000).ask('r1', { keyId: 'other' })?.chosen.name, 'desk');
  });

  test('of a crowd, too, that is not asked anew with every step: who finds a better place goes there', () => {
    const story = new DecisionStory();
    const held = ['a', 'b', 'c', 'd'];
    story.machine('desk', { slots: held.length });
    for (const [slot, lineage] of held.entries()) story.slot('desk', slot, prefix(lineage));
    const crowd = Array.from({ length: 60 }, (_, index) => `r${index}`);
    for (const requestId of crowd) assert.equal(story.ask(requestId, { keyId: requestId }), undefined);
    story.nowMs = 2_000;
    assert.ok(story.ask('back', { prefix: later('a') })!.chosen.cachedTokens > 0);
    story.accept('desk', 'back');
    story.tell({ type: 'machine-connected', machineId: 'fresh', sessionId: 'fresh', name: 'fresh' });
    const toFresh = offersIn(story.report('fresh', { slots: 1, pace: pace(900) }));
    assert.deepEqual(
      toFresh.map(({ requestId, machineId }) => `${requestId} ${machineId}`),
      ['r0 fresh'],
    );
    for (const { requestId } of toFresh) story.accept('fresh', requestId);
    assert.equal(offersIn(story.pass(5_999)).length, 0);
    assert.deepEqual(
      offersIn(story.pass(6_000)).map(({ requestId }) => requestId),
      ['r1', 'r2', 'r3'],
    );
  });

  test('and who overwrites one takes its place: its next turn is not expected to find anything', () => {
    const story = new DecisionStory();
    story.machine('desk', { slots: 2 });
    story.slot('desk', 0, prefix('old'));
    story.nowMs = 10_000;
    story.slot('desk', 1, prefix('young'));
    assert.equal(story.ask('r1', { keyId: 'other' })?.chosen.name, 'desk');
    story.nowMs = 17_000;
    assert.equal(story.ask('r2', { prefix: later('old') })?.chosen.cachedTokens, 0);
  });
});

describe('whose turn is near', () => {
  /** Two turns of a slot that holds a conversation of the key `many`, while somebody else waits and then, twice, that key. */
  const turnsBeside = (asked: Prefix): string[] => {
    const story = new DecisionStory();
    story.machine('desk', { slots: 1, pace: pace(5_000) });
    story.ask('m0', { keyId: 'many', prefix: prefix('mine') });
    story.accept('desk', 'm0');
    story.ask('r1', { keyId: 'other' });
    for (const requestId of ['m1', 'm2']) story.ask(requestId, { keyId: 'many', prefix: asked });
    const turns = ['m0'];
    for (const ends of turns) {
      story.slot('desk', 0, prefix('mine'));
      const [next] = offersIn(story.tell({ type: 'ticket-ended', requestId: ends, attempt: 1, error: null }));
      if (next === undefined || turns.length === 3) break;
      turns.push(next.requestId);
      story.accept('desk', next.requestId);
    }
    return turns.slice(1);
  };

  test('goes first where most of its prompt is in the very slot, once', () => {
    assert.deepEqual(turnsBeside(later('mine')), ['m1', 'r1']);
  });

  test('waits for its turn where the slot holds nothing of it', () => {
    assert.deepEqual(turnsBeside(prefix('new')), ['r1', 'm1']);
  });
});

describe('a request waits', () => {
  const full = (): DecisionStory => {
    const story = new DecisionStory();
    story.machine('quick', { slots: 1, pace: pace(5_000) });
    story.machine('slow', { slots: 1, pace: pace(100) });
    story.ask('r1', { estimatedTokens: 10_000 });
    story.accept('quick', 'r1');
    return story;
  };

  test('for a full machine that will be quicker, and has it when it is free', () => {
    const story = full();
    assert.equal(story.ask('r2'), undefined);
    const waiting = waitingOf(story.yard, 'r2');
    assert.equal(waiting?.hopesFor?.name, 'quick');
    assert.deepEqual(
      waiting?.couldHave.map(({ name }) => name),
      ['slow'],
    );
    const effects = story.tell({ type: 'ticket-ended', requestId: 'r1', attempt: 1, error: null });
    assert.equal(effects.find((effect) => effect.type === 'send-offer')?.machineId, 'quick');
  });

  test('for a machine that has nearly loaded the model, and is told so', () => {
    const story = new DecisionStory();
    story.machine('slow', { pace: pace(100) });
    const loading = { status: 'loading', slots: 0, loadMs: 12_000, pace: pace(5_000) } as const;
    story.machine('quick', loading);
    assert.equal(story.ask('r1'), undefined);
    const waiting = waitingOf(story.yard, 'r1');
    assert.deepEqual([waiting?.hopesFor?.name, waiting?.isLoading], ['quick', true]);
    assert.equal(waiting?.hopesFor?.predicted.waitMs, 12_000);
    story.pass(9_000);
    // What it tells of its progress counts before the time since it began.
    assert.equal(waitingOf(story.yard, 'r1')?.hopesFor?.predicted.waitMs, 3_000);
    story.report('quick', { ...loading, loadFraction: 0.5 });
    assert.equal(waitingOf(story.yard, 'r1')?.hopesFor?.predicted.waitMs, 6_000);
    const [offer] = story.report('quick', { pace: pace(5_000) }).filter((effect) => effect.type === 'send-offer');
    assert.equal(offer?.machineId, 'quick');
  });

  test('for no load that takes longer than a slower machine would, nor one that cannot serve it', () => {
    const story = new DecisionStory();
    story.machine('slow', { pace: pace(1_000) });
    story.machine('quick', { status: 'loading', slots: 0, loadMs: 120_000, pace: pace(5_000) });
    story.machine('blind', { status: 'loading', slots: 0, loadMs: 1, pace: pace(50_000), tools: false });
    assert.equal(story.ask('r1', { needs: { ...noNeeds, tools: true } })?.chosen.name, 'slow');
  });

  test('no longer than half a minute', () => {
    const story = full();
    story.ask('r2');
    story.pass(29_999);
    assert.equal(story.yard.tickets.get('r2')?.state.phase, 'queued');
    story.pass(30_000);
    const ticket = story.yard.tickets.get('r2');
    assert.equal(ticket?.state.phase === 'offered' && ticket.state.machine.name, 'slow');
  });

  test('not when the machine with room is nearly as quick', () => {
    const story = new DecisionStory();
    story.machine('one', { slots: 1 });
    story.machine('two', { slots: 1, pace: pace(900) });
    story.ask('r1');
    assert.equal(story.ask('r2')?.chosen.name, 'two');
  });
});

describe('machines are ruled out', () => {
  test('by name and reason', () => {
    const story = new DecisionStory();
    story.machine('ready');
    story.machine('small', { window: 8_192 });
    story.machine('draining');
    story.report('draining', {}, true);
    story.machine('plain', { tools: false });
    story.machine('loading', { status: 'loading', slots: 0 });
    story.machine('held');
    story.tell({ type: 'machine-held', machineId: 'held', held: true });
    const decision = story.ask('r1', { needs: { ...noNeeds, tools: true } });
    assert.equal(decision?.chosen.name, 'ready');
    assert.deepEqual(reasons(decision), {
      window: ['small'],
      draining: ['draining'],
      'no-tools': ['plain'],
      loading: ['loading'],
      held: ['held'],
    });
  });

  test('by their window only as far as an estimate goes: the largest may always count for itself', () => {
    const story = new DecisionStory();
    story.machine('small', { window: 8_192 });
    story.machine('larger', { window: 16_384 });
    assert.equal(story.ask('r1', { estimatedTokens: 50_000 })?.chosen.name, 'larger');
  });

  test('by labels and names that a request asks for', () => {
    const story = new DecisionStory();
    story.machine('mine', {}, { labels: ['trusted'] });
    story.machine('theirs', { pace: pace(9_000) });
    const trusted = { wishes: { machines: null, labels: ['trusted'] } };
    const decision = story.ask('r1', trusted);
    assert.equal(decision?.chosen.name, 'mine');
    assert.deepEqual(reasons(decision), { label: ['theirs'] });
    assert.equal(story.ask('r2', { wishes: { machines: ['theirs'], labels: [] } })?.chosen.name, 'theirs');
    story.tell({ type: 'machine-named', machineId: 'theirs', name: 'theirs', labels: ['trusted'] });
    story.accept('theirs', 'r2');
    story.end('r2');
    assert.equal(story.ask('r3', trusted)?.chosen.name, 'theirs');
  });

  test('by pictures, which not every copy of a model can see', () => {
    const story = new DecisionStory();
    story.machine('blind', { pace: pace(9_000) });
    story.machine('seeing', { vision: true });
    const decision = story.ask('r1', { needs: { ...noNeeds, vision: true } });
    assert.equal(decision?.chosen.name, 'seeing');
    assert.deepEqual(reasons(decision), { 'no-vision': ['blind'] });
  });

  test('by what their key allows, each rule by its name', () => {
    const story = new DecisionStory();
    story.machine('mine', { pace: pace(500) }, { labels: ['trusted', 'cellar'] });
    story.machine('theirs', { pace: pace(9_000) }, { labels: ['cellar'] });
    story.machine('far', { pace: pace(9_000) }, { labels: ['trusted'] });
    const chosen = (requestId: string, places: Partial<KeyPlaces>) => {
      const decision = story.ask(requestId, { places: { ...anyPlace, ...places } });
      return [decision?.chosen.name, reasons(decision)];
    };
    assert.deepEqual(chosen('r1', { machines: ['mine'] }), ['mine', { 'key-machine': ['theirs', 'far'] }]);
    assert.deepEqual(chosen('r2', { labels: ['cellar'] }), ['theirs', { 'key-label': ['far'] }]);
    assert.deepEqual(chosen('r3', { trustedOnly: true }), ['far', { 'not-trusted': ['theirs'] }]);
    // A client chooses among what its key allows, and no further.
    const wishes = { machines: ['theirs'], labels: [] };
    assert.equal(story.ask('r4', { wishes, places: { ...anyPlace, trustedOnly: true } }), undefined);
    assert.equal(story.refusal('r4')?.code, 'no_machine');
  });
});

describe('a request for machines that are not there', () => {
  const wishes = { machines: ['mine'], labels: [] };

  test('is refused at once, with the reason, when others serve the model and nobody of that name was ever seen', () => {
    const story = new DecisionStory();
    story.machine('theirs');
    assert.equal(story.ask('r1', { wishes }), undefined);
    assert.equal(story.refusal('r1')?.code, 'no_machine');
    assert.match(story.refusal('r1')?.message ?? '', /theirs is not the machine that was asked for/);
  });

  test('is not sent to one that calls itself by the id of the machine that was asked for', () => {
    const story = new DecisionStory();
    const [id, named] = ['mch_0123456789abcdef', 'mch_fedcba9876543210'];
    story.machine(id);
    story.machine(named);
    story.tell({ type: 'machine-named', machineId: named, name: id, labels: [] });
    story.tell({ type: 'machine-disconnected', machineId: id, sessionId: id });
    assert.equal(story.ask('r1', { wishes: { machines: [id], labels: [] } }), undefined);
    story.tell({ type: 'machine-named', machineId: named, name: 'desk', labels: [] });
    assert.equal(story.ask('r2', { wishes: { machines: ['desk'], labels: [] } })?.chosen.name, 'desk');
  });

  test('waits a moment for one that was there before', () => {
    const story = new DecisionStory();
    story.machine('theirs');
    story.machine('mine');
    story.tell({ type: 'machine-disconnected', machineId: 'mine', sessionId: 'mine' });
    assert.equal(story.ask('r1', { wishes }), undefined);
    assert.equal(story.refusal('r1'), undefined);
    story.pass(1_000);
    story.tell({ type: 'machine-connected', machineId: 'mine', sessionId: 'mine again', name: 'mine' });
    story.pass(5_000);
    assert.equal(story.refusal('r1')?.code, 'no_machine');
  });

  test('has the machine it asked for load the model, though another serves it', () => {
    const story = new DecisionStory();
    story.machine('theirs');
    story.machine('mine', { status: 'available', slots: 0 });
    assert.equal(story.ask('r1', { wishes }), undefined);
    assert.deepEqual(story.loads, ['mine']);
    // Told once, whoever asks besides, and nobody else is asked.
    assert.equal(story.ask('r2', { wishes }), undefined);
    assert.equal(story.ask('r3')?.chosen.name, 'theirs');
    assert.deepEqual(story.loads, ['mine']);
    story.pass(8_000);
    story.report('mine', { status: 'loading', slots: 0 });
    assert.equal(story.refusal('r1'), undefined);
    const offered = story.report('mine').filter((effect) => effect.type === 'send-offer');
    assert.deepEqual(
      offered.map(({ machineId, requestId }) => [machineId, requestId]),
      [
        ['mine', 'r1'],
        ['mine', 'r2'],
      ],
    );
  });

  test('costs other machines nothing when they report: it is looked at when one of its own has room', () => {
    const story = new DecisionStory();
    story.machine('mine', { slots: 1, busySlots: 1 });
    for (let at = 0; at < 100; at += 1) story.machine(`m${at}`, { slots: 8 });
    for (let at = 0; at < 32; at += 1) assert.equal(story.ask(`r${at}`, { wishes }), undefined);
    const ticket = story.yard.tickets.get('r0')!;
    const { others, best } = choose(story.yard, ticket);
    assert.deepEqual([others, best], [[], null]);
    assert.equal(placesIn(ticket.circle!, 'tiny').open.size, 0);
    assert.equal(ticket.circle, story.yard.tickets.get('r31')?.circle);
    const offered = story.report('mine', { slots: 1, busySlots: 0 }).filter((effect) => effect.type === 'send-offer');
    assert.deepEqual(
      offered.map(({ requestId }) => requestId),
      ['r0'],
    );
  });

  test('and one of thousands with a label is found among them', () => {
    const story = new DecisionStory();
    for (let at = 0; at < 300; at += 1) {
      story.machine(`m${at}`, { pace: pace(500 + at) }, { labels: at % 2 === 0 ? ['even'] : [] });
    }
    const labels = { wishes: { machines: null, labels: ['even'] } };
    const names = Array.from({ length: 20 }, (_, at) => story.ask(`r${at}`, labels)?.chosen.name ?? '');
    for (const name of names) assert.equal(Number(name.slice(1)) % 2, 0, name);
    assert.ok(Number(names[0]?.slice(1)) > 200, `the first went to ${names[0]}`);
  });

  test('and among many equal ones it is found though none of its own is near the front', () => {
    const story = new DecisionStory();
    for (let at = 0; at < 300; at += 1) story.machine(`m${at}`, {}, { labels: at >= 200 ? ['late'] : [] });
    const late = { wishes: { machines: null, labels: ['late'] } };
    assert.equal(story.ask('r1', late)?.chosen.name, 'm200');
    // Well ones go before doubtful ones here too, wherever they stand.
    for (let at = 200; at < 299; at += 1) {
      story.tell({ type: 'machine-judged', machineId: `m${at}`, lastResortBecause: ['swap-filling'] });
    }
    assert.equal(story.ask('r2', late)?.chosen.name, 'm299');
  });

  test('what was asked for is forgotten when many others were since', () => {
    const story = new DecisionStory();
    story.machine('theirs');
    for (let at = 0; at < 200; at += 1) story.ask(`r${at}`, { wishes: { machines: [`m${at}`, 'theirs'], labels: [] } });
    for (const { requestId } of story.yard.tickets.values()) {
      story.tell({ type: 'request-withdrawn', requestId, reason: 'client-left' });
    }
    const { circles, machines } = story.yard;
    assert.equal(circles.size, 64);
    assert.equal(machines.get('theirs')?.circles.size, 64);
  });
});

test('a decision among thousands looks at few, and takes the best', () => {
  const story = new DecisionStory();
  const { yard } = story;
  for (let index = 0; index < 2_000; index += 1) {
    const name = `m${index}`;
    step(yard, { type: 'machine-connected', machineId: name, sessionId: name, name }, 0);
    const model = { id: 'tiny', digest: '', displayName: '', status: 'ready' as const, window: 100_000, slots: 1 };
    const rest = {
      busySlots: 0,
      thinking: true,
      tools: true,
      createdAtMs: 0,
      pace: pace(100 + ((index * 7_919) % 2_000)),
    };
    step(
      yard,
      { type: 'machine-reported', machineId: name, sessionId: name, models: [{ ...model, ...rest }], draining: false },
      0,
    );
  }
  step(yard, { type: 'request-submitted', requestId: 'r1', keyId: 'key', model: 'tiny', estimatedTokens: 9_000 }, 0);
  const ticket = yard.tickets.get('r1');
  assert.ok(ticket?.state.phase === 'offered');
  const best = Math.max(
    ...Array.from(yard.machines.values(), ({ models }) => models.get('tiny')?.report.pace?.readPerS ?? 0),
  );
  assert.equal(ticket.state.machine.models.get('tiny')?.report.pace?.readPerS, best);
  assert.ok(choose(yard, ticket).others.length <= 8);
});

test('who waits and leaves the last slot to others is told so', () => {
  const story = new DecisionStory();
  story.machine('desk', { slots: 4 });
  story.ask('b1', { keyId: 'bob' });
  story.accept('desk', 'b1');
  story.end('b1');
  for (const requestId of ['a1', 'a2', 'a3']) {
    assert.ok(story.ask(requestId, { keyId: 'ann' }));
    story.accept('desk', requestId);
  }
  assert.equal(story.ask('a4', { keyId: 'ann' }), undefined);
  assert.equal(waitingOf(story.yard, 'a4')?.leavesLastSlot, true);
  story.nowMs = 3_000;
  assert.ok(story.ask('b2', { keyId: 'bob' }));
  assert.equal(waitingOf(story.yard, 'a4')?.leavesLastSlot, false);
  story.nowMs = 5_000;
  story.accept('desk', 'b2');
  story.end('a1');
  const [offered] = offersIn(story.tell({ type: 'ticket-ended', requestId: 'a2', attempt: 1, error: null }));
  assert.equal(offered?.requestId, 'a4');
  assert.deepEqual(offered?.decision.waited, [
    { state: 'last-slot', because: null, ms: 3_000 },
    { state: 'full', because: null, ms: 2_000 },
  ]);
});
