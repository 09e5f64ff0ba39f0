/**
 * What a process writes down: JSON lines in a bounded file, and the same records as readable lines
 * on the terminal. Prompt text and secrets are never passed to it; credentials that slip in are
 * redacted (`redact.ts`).
 */
import { pino } from 'pino';
import type { RequestReport } from '../request-report.ts';
import { type LogRecord, type RequestRecord, readableLine } from './readable-line.ts';
import { redact } from './redact.ts';
import { RotatingFile } from './rotating-file.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** One line per request; it waits a moment for others, and never longer than for the next message. */
  request(report: RequestReport): void;
  /** Writes what waits, and ends. */
  close(): void;
}

export interface LogOptions {
  /** Folder of the log files; none: no file is written. */
  readonly directory?: string;
  /** Which process this is: names its file. */
  readonly process: 'gateway' | 'agent';
  /** Where readable lines go; none: nowhere. */
  readonly terminal?: LogTerminal;
  /** Names people know, for ids they do not. */
  readonly keyLabel?: (keyId: string) => string | undefined;
  readonly machineName?: (machineId: string) => string | undefined;
}

export interface LogTerminal {
  /** Takes one or more whole lines. */
  write(text: string): void;
  readonly colour: boolean;
  /** The least serious level shown. May change at any time. */
  lowest: LogRecord['level'];
}

const severity = { info: 0, warn: 1, error: 2 } as const;
/** A busy gateway writes the lines of many requests at once; a process that is killed loses those of this long, ms. */
const gatherMs = 100;

export function openLog(options: LogOptions): Log {
  const { directory, terminal } = options;
  const file = directory === undefined ? undefined : new RotatingFile(directory, options.process);
  let fileFailed = false;

  let gathered: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  /** Of requests that have ended since the last flush: their lines are made together, which costs less. */
  let ended: { readonly report: RequestReport; readonly atMs: number }[] = [];
  /** When what is written now has happened, wall clock ms; null: it happens now. */
  let happenedAtMs: number | null = null;

  function gatherRequests(): void {
    for (const { report, atMs } of ended) {
      happenedAtMs = atMs;
      log.info(requestRecord(report, options), 'request');
    }
    happenedAtMs = null;
    ended = [];
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    gatherRequests();
    if (gathered.length === 0) return;
    const lines = gathered;
    gathered = [];
    try {
      file?.write(lines.join(''));
      fileFailed = false;
    } catch (error) {
      // A full disk must not stop the service: said once on the terminal, tried again each time.
      if (!fileFailed) terminal?.write(`The log file cannot be written: ${String(error)}\n`);
      fileFailed = true;
    }
    if (terminal === undefined) return;
    const shown = lines.map(shownLine).join('');
    if (shown !== '') terminal.write(shown);
  }

  function shownLine(line: string): string {
    const { process: _process, ...record } = JSON.parse(line) as LogRecord; // what pino wrote
    if (terminal === undefined || severity[record.level] < severity[terminal.lowest]) return '';
    return `${readableLine(record as LogRecord, terminal.colour)}\n`;
  }

  const log = pino(
    {
      base: { process: options.process },
      timestamp: () => `,"time":"${new Date(happenedAtMs ?? Date.now()).toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line) => void gathered.push(redact(line)) },
  );
  const writeNow =
    (level: LogRecord['level']) =>
    (message: string, fields: Fields = {}): void => {
      gatherRequests();
      log[level](fields, message);
      flush();
    };
  return {
    info: writeNow('info'),
    warn: writeNow('warn'),
    error: writeNow('error'),
    request(report) {
      ended.push({ report, atMs: Date.now() });
      timer ??= setTimeout(flush, gatherMs);
    },
    close() {
      flush();
      file?.close();
    },
  };
}

/** A log that goes nowhere: for tests and measurements. */
export const silentLog: Log = { info() {}, warn() {}, error() {}, request() {}, close() {} };

function requestRecord(report: RequestReport, { keyLabel, machineName }: LogOptions): RequestRecord {
  const { outcome, usage, machineId } = report;
  const error = outcome.kind === 'rejected' || outcome.kind === 'failed' ? outcome.error : null;
  return {
    requestId: report.requestId,
    status: outcome.kind,
    code: outcome.kind === 'cancelled' ? outcome.reason : (error?.code ?? null),
    reason: error?.message ?? null,
    model: report.model,
    keyId: report.keyId,
    key: keyLabel?.(report.keyId) ?? null,
    machineId,
    machine: machineId === null ? null : (machineName?.(machineId) ?? null),
    promptTokens: usage?.promptTokens ?? null,
    cachedTokens: usage?.cachedTokens ?? null,
    outputTokens: usage?.outputTokens ?? null,
    ttftMs: report.ttftMs,
    totalMs: report.totalMs,
    attempts: report.attempts,
  };
}
