/**
 * A yard with machines and conversations as they are in life, under virtual time: machines beat every five seconds and report where
 * their load has changed; conversations ask, are answered in some seconds, grow, and ask again. About half of the slots are at work, a
 * few of them for another gateway. All from a seed.
 */
import type { MachineModel } from '../../src/contract/link/messages.ts';
import { type Prefix, toldOf } from '../../src/contract/link/prefix.ts';
import { createRandom, type Random } from '../../src/simulation/random.ts';
import type { YardEffect, YardEvent } from '../../src/yard/events.ts';
import { createYard, step, type YardState } from '../../src/yard/step.ts';

export const model = 'model';
export const slotsPerMachine = 4;
const speeds = [130, 450, 900, 1_700, 3_500, 5_500];
const windows = [32_768, 65_536, 131_072];
const heartbeatMs = 5_000;
/** From an offer to its answer, ms. */
const answerMs = 10;
/** Conversations for each slot, and how long an answer and the pause after it take, ms. */
const perSlot = 0.6;
const [shortestMs, longestMs] = [1_500, 15_000];
const [leastPauseMs, mostPauseMs] = [1_000, 12_000];
/** Keys; all conversations of one begin with the same system text. */
const conversationsPerKey = 20;
const systemBlocks = 8;
const turnsOfConversation = 12;

/** A request that is to be submitted now. */
export type Submission = YardEvent & { readonly type: 'request-submitted' };

interface Conversation {
  readonly keyId: string;
  lineage: string;
  blocks: string[];
  tokens: number;
  turns: number;
}

interface Box {
  readonly machineId: string;
  readonly index: number;
  readonly slots: (string | null)[];
  foreignBusy: number;
  told: number;
}

export class LivelyYard {
  readonly yard: YardState = createYard();
  readonly #random: Random;
  readonly #boxes: Box[] = [];
  readonly #due = new Map<number, (() => void)[]>();
  readonly #running = new Map<string, { conversation: Conversation; asked: Submission }>();
  /** Those that ask next. */
  readonly waiting: Submission[] = [];
  nowMs = 0;
  #requests = 0;
  #blocks = 0;
  #ended = 0;

  constructor(machines: number, seed: number) {
    this.#random = createRandom(seed);
    for (let index = 0; index < machines; index += 1) this.#link(index);
    const conversations = Math.round(machines * slotsPerMachine * perSlot);
    for (let index = 0; index < conversations; index += 1) {
      const keyId = `key${Math.floor(index / conversationsPerKey)}`;
      const conversation = this.#begin({ keyId, lineage: '', blocks: [], tokens: 0, turns: 0 });
      this.#in(this.#random.between(0, leastPauseMs + mostPauseMs), () => this.#ask(conversation));
    }
  }

  get ended(): number {
    return this.#ended;
  }

  /** Slots that are taken, a share. */
  get busy(): number {
    const { slots, free } = this.yard.fleets.get(model)!;
    return 1 - free / slots;
  }

  /** Lets a millisecond pass: all that happens in it but what is to be submitted. */
  pass(): void {
    this.nowMs += 1;
    const due = this.#due.get(this.nowMs) ?? [];
    this.#due.delete(this.nowMs);
    for (const happen of due) happen();
    if (this.yard.wakeAtMs !== null && this.yard.wakeAtMs <= this.nowMs) this.tell({ type: 'clock-advanced' });
  }

  /** Takes a request in. */
  submit(request: Submission): readonly YardEffect[] {
    return step(this.yard, request, this.nowMs);
  }

  /** Lets machines answer to what the yard did. */
  answer(effects: readonly YardEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send-offer') this.#in(answerMs, () => this.#accept(effect));
      else if (effect.type === 'request-ended' && effect.outcome.kind === 'rejected') {
        throw new Error(`${effect.requestId} was refused: ${effect.outcome.error.message}`);
      }
    }
  }

  tell(event: YardEvent): readonly YardEffect[] {
    const effects = step(this.yard, event, this.nowMs);
    this.answer(effects);
    return effects;
  }

  #in(ms: number, happen: () => void): void {
    const atMs = this.nowMs + Math.max(1, ms);
    const there = this.#due.get(atMs);
    if (there === undefined) this.#due.set(atMs, [happen]);
    else there.push(happen);
  }

  #link(index: number): void {
    const machineId = `m${index}`;
    const box: Box = { machineId, index, slots: new Array(slotsPerMachine).fill(null), foreignBusy: 0, told: 0 };
    this.#boxes.push(box);
    this.tell({ type: 'machine-connected', machineId, sessionId: machineId, name: machineId });
    this.#report(box);
    this.#in(this.#random.between(1, heartbeatMs), () => this.#beat(box));
  }

  #beat(box: Box): void {
    if (this.#random.chance(0.1)) box.foreignBusy = this.#random.chance(0.5) ? 1 : 0;
    const isFull = busyOf(box) > slotsPerMachine;
    if (isFull) box.foreignBusy = 0;
    if (busyOf(box) === box.told) this.tell({ type: 'machine-beat', ...nameOf(box) });
    else this.#report(box);
    this.#in(heartbeatMs, () => this.#beat(box));
  }

  #report(box: Box): void {
    box.told = busyOf(box);
    const readPerS = speeds[box.index % speeds.length]! * (0.7 + this.#random.next() * 0.6);
    const told: MachineModel = {
      ...{ id: model, digest: model, displayName: model, status: 'ready', createdAtMs: 0, thinking: true, tools: true },
      ...{ window: windows[(box.index % 5) % 3]!, slots: slotsPerMachine, busySlots: box.told },
      pace: { readPerS, writePerS: readPerS / 40, startMs: 60, wakeMs: 300, confidence: 0.9 },
    };
    this.tell({ type: 'machine-reported', ...nameOf(box), models: [told], draining: false });
  }

  #begin(conversation: Conversation): Conversation {
    const { keyId } = conversation;
    conversation.lineage = this.#hash();
    conversation.blocks = Array.from({ length: systemBlocks }, (_, at) => `${keyId}.${at}`);
    conversation.tokens = 4_000;
    conversation.turns = 0;
    return conversation;
  }

  #hash(): string {
    this.#blocks += 1;
    return `block${this.#blocks.toString(36).padStart(11, '0')}`;
  }

  #ask(conversation: Conversation): void {
    if (conversation.turns === turnsOfConversation) this.#begin(conversation);
    conversation.turns += 1;
    for (let more = this.#random.between(1, 4); more > 0; more -= 1) {
      conversation.blocks.push(this.#hash());
      conversation.tokens += 500;
    }
    const blocks = toldOf(conversation.blocks);
    const prefix: Prefix = {
      lineage: conversation.lineage,
      blocks,
      ends: blocks.map((_, at) => Math.floor(((at + 1) / blocks.length) * 1_000)),
    };
    this.#requests += 1;
    const requestId = `r${this.#requests}`;
    const { keyId, tokens } = conversation;
    const asked: Submission = { type: 'request-submitted', requestId, keyId, model, estimatedTokens: tokens, prefix };
    this.#running.set(requestId, { conversation, asked });
    this.waiting.push(asked);
  }

  #accept({ machineId, requestId, attempt }: YardEffect & { type: 'send-offer' }): void {
    const running = this.#running.get(requestId);
    const box = this.#boxes[Number(machineId.slice(1))]!;
    if (running === undefined) return;
    const slot = this.#slotFor(box, running.conversation.lineage);
    const free = slotsPerMachine - box.foreignBusy - busySlots(box);
    if (slot < 0 || free <= 0) {
      const reason = { code: 'busy' as const, busySlots: busyOf(box), slots: slotsPerMachine };
      this.tell({ type: 'offer-declined', machineId, requestId, attempt, reason });
      return;
    }
    box.slots[slot] = requestId;
    const { lineage, tokens, blocks } = running.conversation;
    this.#held.set(`${machineId}.${slot}`, lineage);
    this.tell({ type: 'offer-accepted', machineId, requestId, attempt, promptTokens: tokens });
    const lastsMs = this.#random.between(shortestMs, longestMs);
    this.#in(lastsMs >> 2, () => this.tell({ type: 'content-shown', requestId, attempt }));
    this.#in(lastsMs, () => {
      box.slots[slot] = null;
      this.#running.delete(requestId);
      this.#ended += 1;
      const slots = [{ slot, lineage, blocks: toldOf(blocks), tokens: tokens + 400 }];
      this.tell({ type: 'slots-told', ...nameOf(box), model, slots });
      const usage = { readTokens: 500, outputTokens: 400 };
      this.tell({ type: 'ticket-ended', requestId, attempt, error: null, usage });
      this.#in(this.#random.between(leastPauseMs, mostPauseMs), () => this.#ask(running.conversation));
    });
  }

  /** By machine and slot: the conversation that was there last. */
  readonly #held = new Map<string, string>();

  #slotFor({ machineId, slots }: Box, lineage: string): number {
    const own = slots.findIndex((used, slot) => used === null && this.#held.get(`${machineId}.${slot}`) === lineage);
    return own >= 0 ? own : slots.indexOf(null);
  }
}

const nameOf = ({ machineId }: Box) => ({ machineId, sessionId: machineId });
const busySlots = ({ slots }: Box): number => slots.filter((used) => used !== null).length;
const busyOf = (box: Box): number => busySlots(box) + box.foreignBusy;
