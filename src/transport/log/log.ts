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
  /** One line per request. */
  request(report: RequestReport): void;
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
  write(text: string): void;
  readonly colour: boolean;
  /** The least serious level shown. May change at any time. */
  lowest: LogRecord['level'];
}

const severity = { info: 0, warn: 1, error: 2 } as const;

export function openLog(options: LogOptions): Log {
  const { directory, terminal } = options;
  const file = directory === undefined ? undefined : new RotatingFile(directory, options.process);
  let fileFailed = false;

  function write(line: string): void {
    const safe = redact(line);
    try {
      file?.write(safe);
      fileFailed = false;
    } catch (error) {
      // A full disk must not stop the service: said once on the terminal, tried again each time.
      if (!fileFailed) terminal?.write(`The log file cannot be written: ${String(error)}\n`);
      fileFailed = true;
    }
    if (terminal === undefined) return;
    const record: LogRecord = JSON.parse(safe);
    if (severity[record.level] < severity[terminal.lowest]) return;
    const { process: _process, ...shown } = record;
    terminal.write(`${readableLine(shown as LogRecord, terminal.colour)}\n`);
  }

  const log = pino(
    {
      base: { process: options.process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write },
  );
  return {
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
    request: (report) => log.info(requestRecord(report, options), 'request'),
    close: () => file?.close(),
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
