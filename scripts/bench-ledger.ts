/**
 * What keeping the books costs the gateway: CPU time per request of a ledger row on disk, and of a key's quota from its
 * reservation to its settlement with the twelve headers, lease commits included. CPU time and not the clock's: a disk that is slow
 * is not the gateway's work.
 *
 *     npm run bench:ledger
 *
 * Exits with 1 if an aim is missed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Quotas } from '../src/gateway/quotas.ts';
import { rateLimitHeaders } from '../src/translate/response/rate-limit-headers.ts';
import { silentLog } from '../src/transport/log/log.ts';
import type { RequestReport } from '../src/transport/request-report.ts';
import { openStore } from '../src/transport/store/store.ts';
import { permitBeatMs } from '../src/yard/quota/held-permits.ts';

const rounds = 9;
const requestsPerRound = 5_000;
/** Rows of one commit: at 100 requests a second, and where a group is written because it is large. */
const groups = [25, 100];
const aims = { ledgerUs: 30, quotaUs: 10 } as const;

const scratch = mkdtempSync(join(tmpdir(), 'metalyard-books-'));
const store = await openStore(scratch);
const { key } = await store.keys.create('bench');
let made = 0;

function report(): RequestReport {
  made += 1;
  return {
    requestId: `req_${String(made).padStart(24, '0')}`,
    keyId: key.id,
    model: 'metalyard-tiny-q8',
    outcome: { kind: 'answered' },
    machineId: 'mch_0123456789abcdef',
    attempts: 1,
    usage: { promptTokens: 20_000, cachedTokens: 19_000, outputTokens: 300, thinkingTokens: 0 },
    charged: { inputTokens: 1_000, outputTokens: 300 },
    ttftMs: 210,
    totalMs: 2_310,
  };
}

/** CPU time per request, microseconds; the median of several rounds, after one that warms up. */
async function cpuUs(round: (reports: readonly RequestReport[]) => Promise<void>): Promise<number> {
  const each: number[] = [];
  for (let turn = 0; turn <= rounds; turn += 1) {
    const reports = Array.from({ length: requestsPerRound }, report);
    const before = process.cpuUsage();
    await round(reports);
    const { user, system } = process.cpuUsage(before);
    if (turn > 0) each.push((user + system) / requestsPerRound);
  }
  return each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)] ?? Number.NaN;
}

function print(what: string, us: number, aim: number): void {
  const met = us <= aim;
  if (!met) process.exitCode = 1;
  console.log(`${what.padEnd(52)} ${us.toFixed(1).padStart(6)} us   aim ${aim}: ${met ? 'met' : 'MISSED'}`);
}

console.log(`CPU time per request, median of ${rounds} rounds of ${requestsPerRound}\n`);
for (const rows of groups) {
  const us = await cpuUs(async (reports) => {
    for (const [at, one] of reports.entries()) {
      store.ledger.record(one);
      if ((at + 1) % rows === 0) await store.ledger.flush();
    }
  });
  print(`ledger row, ${rows} to a commit`, us, aims.ledgerUs);
}

let commits = 0;
const counted = {
  take: (...args: Parameters<typeof store.quotas.take>) => {
    commits += 1;
    return store.quotas.take(...args);
  },
  giveBack: store.quotas.giveBack.bind(store.quotas),
  // No commit: this gateway has the store for itself.
  claim: store.quotas.claim.bind(store.quotas),
};
// A key with budgets, requests at once, and the rates that every key has; a hundred requests a second, eight at once.
const rules = { ...key.rules, dailyTokens: 1_000_000_000, monthlyTokens: 10_000_000_000, concurrency: 16 };
const atOnce = 8;
const limited = { ...key, rules };
let clockMs = Date.now();
const quotas = new Quotas(counted, silentLog, () => clockMs);
let headerBytes = 0;
let beatAtMs = clockMs;
const us = await cpuUs(async (reports) => {
  for (const [place, one] of reports.entries()) {
    clockMs += 10;
    if (clockMs - beatAtMs >= permitBeatMs) {
      await quotas.tend();
      beatAtMs = clockMs;
    }
    const leasing = quotas.reserve(one.requestId, limited, { inputTokens: 21_000, maxTokens: 32_000 });
    if (leasing !== undefined) await leasing;
    for (const value of Object.values(rateLimitHeaders(quotas.limitsOf(limited)))) headerBytes += value.length;
    const done = reports[place - atOnce + 1];
    if (done !== undefined) quotas.ended(done);
  }
  for (const one of reports.slice(-atOnce + 1)) quotas.ended(one);
});
print('quota with five buckets and permits, and its headers', us, aims.quotaUs);
const requests = (rounds + 1) * requestsPerRound;
console.log(
  `\n${commits} lease commits for ${requests} requests; ${Math.round(headerBytes / requests)} bytes of header values each`,
);
await quotas.close();
await store.close();
rmSync(scratch, { recursive: true });
