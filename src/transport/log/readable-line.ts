/** A log record as one line for people. The terminal and `metalyard logs` print the same. */
import { styleText } from 'node:util';
import { type ErrorCode, errorCatalogue } from '../../contract/errors.ts';

/** A record as it stands in the file: these fields, and whatever belongs to the message. */
export interface LogRecord {
  readonly level: 'info' | 'warn' | 'error';
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Fields of a record whose `msg` is `request`. */
export interface RequestRecord {
  readonly requestId: string;
  readonly keyId: string;
  /** Label of the key, where known. */
  readonly key: string | null;
  readonly model: string;
  readonly machineId: string | null;
  readonly machine: string | null;
  readonly status: 'answered' | 'rejected' | 'cancelled' | 'failed';
  readonly code: string | null;
  readonly reason: string | null;
  readonly promptTokens: number | null;
  readonly cachedTokens: number | null;
  readonly outputTokens: number | null;
  readonly ttftMs: number | null;
  readonly totalMs: number;
  readonly attempts: number;
}

type Style = Parameters<typeof styleText>[0];

/** `colour` adds ANSI colours; local time of day is shown. */
export function readableLine(record: LogRecord, colour: boolean): string {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const time = paint('dim', timeOfDay(record.time));
  if (record.msg === 'request') return `${time} ${requestText(record as unknown as RequestRecord, paint)}`;
  const { level, time: _time, msg, ...fields } = record;
  const mark =
    level === 'error' ? `${paint('red', 'error')} ` : level === 'warn' ? `${paint('yellow', 'warning')} ` : '';
  const rest = Object.entries(fields).map(([name, value]) => paint('dim', `${name}=${fieldText(value)}`));
  return [`${time} ${mark}${oneLine(msg)}`, ...rest].join(' ');
}

function requestText(request: RequestRecord, paint: (style: Style, text: string) => string): string {
  const { status, code, promptTokens, cachedTokens, outputTokens, ttftMs } = request;
  const known = code !== null && Object.hasOwn(errorCatalogue, code) ? errorCatalogue[code as ErrorCode] : undefined;
  const parts = [
    status === 'answered'
      ? paint('green', 'answered')
      : status === 'cancelled'
        ? paint('yellow', `cancelled (${code})`)
        : paint(
            'red',
            status === 'rejected' && known !== undefined ? `${known.status} ${code}` : `${status} (${code})`,
          ),
    oneLine(request.model),
    `for ${oneLine(request.key ?? request.keyId)}`,
  ];
  if (request.machineId !== null) parts.push(`on ${oneLine(request.machine ?? request.machineId)}`);
  if (promptTokens !== null) parts.push(`in ${promptTokens} (${cachedTokens ?? 0} cached) out ${outputTokens ?? 0}`);
  if (ttftMs !== null) parts.push(`first ${seconds(ttftMs)}`);
  parts.push(`total ${seconds(request.totalMs)}`);
  if (request.attempts > 1) parts.push(`${request.attempts} attempts`);
  const line = parts.join('  ');
  return request.reason === null ? line : `${line}  ${paint('dim', oneLine(request.reason))}`;
}

function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`;
}

function timeOfDay(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return '--:--:--';
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? oneLine(value) : JSON.stringify(value);
  return typeof value === 'string' && /\s/.test(value) ? JSON.stringify(text) : String(text);
}

/** A record stays one line, and nothing in it can steer a terminal. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
