/**
 * `gateway.json` in the data directory: where the running gateway is and the token that lets
 * `metalyard status` in. Written at start (mode 0600), removed at the end; after a crash it may be
 * stale, so readers ask the gateway itself.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { MachineModel } from '../contract/link/messages.ts';
import type { MachineFinding } from '../gateway/machine-findings.ts';
import type { QueueView } from '../yard/queue/view-queues.ts';

const GatewayRecordSchema = Type.Object({
  pid: Type.Integer(),
  /** For this machine. */
  url: Type.String(),
  /** For other machines; absent when only this one can reach it. */
  publicUrl: Type.Optional(Type.String()),
  /** It listens at all addresses and was given no name: its address is that of its machine, which may have changed. */
  isAnywhere: Type.Optional(Type.Literal(true)),
  /** Others see its own certificate, not that of a proxy. */
  showsOwnCertificate: Type.Optional(Type.Literal(true)),
  adminToken: Type.String(),
  version: Type.String(),
});
export type GatewayRecord = Static<typeof GatewayRecordSchema>;

export const statusPath = '/metalyard/status';

/** What it answers there. */
export interface GatewayStatus {
  readonly gateway: {
    readonly id: string;
    readonly epoch: number;
    readonly version: string;
    readonly uptimeMs: number;
    readonly draining: boolean;
  };
  readonly machines: readonly {
    readonly machineId: string;
    readonly name: string;
    /** null: it is lost. */
    readonly link: {
      readonly agentVersion: string;
      readonly way: 'websocket' | 'http';
      /** Messages it sent that this gateway does not know. */
      readonly unknownMessages: number;
    } | null;
    readonly draining: boolean;
    /** Its owner keeps it from new work (`machines drain`). */
    readonly held: boolean;
    /** Why it takes no tickets for want of memory, or null. */
    readonly pressed: string | null;
    /** Why others are preferred, or null. */
    readonly doubts: string | null;
    readonly models: readonly MachineModel[];
  }[];
  readonly models: readonly MachineModel[];
  /** What is wrong with machines, of those that told their facts. */
  readonly findings: readonly MachineFinding[];
  readonly requests: { readonly active: number };
  /** Models that somebody waits for. */
  readonly queues: readonly QueueView[];
  /** Whether the yard agrees with itself, looked at now and then. */
  readonly health: { readonly looks: number; readonly broken: number; readonly lastBroken: string | null };
}

export const newAdminToken = (): string => `admin_${randomBytes(32).toString('base64url')}`;

export function writeGatewayRecord(file: string, record: GatewayRecord): void {
  // Renamed into place: a reader never sees half a file.
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The record, or undefined when there is none that can be read. */
export function readGatewayRecord(file: string): GatewayRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Value.Check(GatewayRecordSchema, record) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the record, unless a later gateway has written its own. */
export function removeGatewayRecord(file: string): void {
  if (readGatewayRecord(file)?.pid === process.pid) rmSync(file, { force: true });
}

/** Has the gateway of a record do something; what it answers, or its error as a sentence. */
export async function postToGateway(
  record: GatewayRecord,
  path: string,
  body: unknown,
): Promise<{ readonly body: unknown } | { readonly error: string }> {
  const response = await fetch(new URL(path, record.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${record.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'error',
    signal: AbortSignal.timeout(10_000),
  }).catch((error: Error) => error);
  if (response instanceof Error) {
    return {
      error: `The gateway at ${record.url} has not answered (${response.message}): whether it has done so is not known.`,
    };
  }
  const answer: unknown = await response.json();
  if (response.ok) return { body: answer };
  const { error } = answer as { error?: { message?: string } };
  return { error: error?.message ?? `The gateway answered with status ${response.status}.` };
}

/** What came of a question. `absent`: it is not running. `odd`: something is there, and this is what is wrong with it, as sentences. */
export type Inquiry =
  | { readonly kind: 'answer'; readonly body: unknown }
  | { readonly kind: 'absent' }
  | { readonly kind: 'odd'; readonly says: string };

/** Our own gateway answers in milliseconds, a busy one in one or two seconds, ms. */
const patienceMs = 5_000;

export async function inquireOfGateway(record: GatewayRecord, path: string): Promise<Inquiry> {
  const { url, pid } = record;
  try {
    const response = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${record.adminToken}` },
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok && body !== undefined) return { kind: 'answer', body };
    // After a crash of ours another program may have its port.
    return isThere(pid) ? { kind: 'odd', says: oddAnswer(url, response.status, body) } : { kind: 'absent' };
  } catch (error) {
    if (!isThere(pid)) return { kind: 'absent' };
    if ((error as Error).name !== 'TimeoutError') return { kind: 'absent' };
    return {
      kind: 'odd',
      says:
        `The gateway at ${url} (process ${pid}) runs and has not answered within ${patienceMs / 1_000} s: it is very busy, or ` +
        'stopped. Try again; its log may tell more: metalyard logs',
    };
  }
}

function oddAnswer(url: string, status: number, body: unknown): string {
  if (status === 401) {
    return `At ${url} another gateway answers than that of this data directory. Name its data directory with --data-dir.`;
  }
  const { error } = (body ?? {}) as { error?: { message?: string } };
  const message = error?.message === undefined ? '' : `: ${error.message}`;
  return `The gateway at ${url} runs, and answered this command with status ${status}${message}`;
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Asks the gateway of a record; undefined when nothing answers there as that gateway. */
export async function askGateway(record: GatewayRecord): Promise<GatewayStatus | undefined> {
  // Ours, of the same version as this command.
  return (await getFromGateway(record, statusPath)) as GatewayStatus | undefined;
}

/** What the gateway of a record answers at a path; undefined when nothing answers there as that gateway. */
export async function getFromGateway(record: GatewayRecord, path: string): Promise<unknown> {
  const inquiry = await inquireOfGateway(record, path);
  return inquiry.kind === 'answer' ? inquiry.body : undefined;
}
