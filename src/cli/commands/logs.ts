/** `metalyard logs`: the log files of gateway and agent, as the terminal shows them. */
import { openDataDirectory } from '../../transport/data-directory.ts';
import { followLogs, readLogs } from '../../transport/log/log-files.ts';
import { type LogRecord, readableLine } from '../../transport/log/readable-line.ts';
import { openScreen } from '../screen.ts';
import { aborted, listenForStopSignals } from '../stop-signals.ts';

export interface LogsFlags {
  readonly dataDir: string;
  readonly lines: number;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export async function logs(flags: LogsFlags): Promise<void> {
  const { logs: directory } = openDataDirectory(flags.dataDir);
  const screen = openScreen();
  const print = (line: string): void => {
    const record = recordOf(line);
    if (flags.json || record === undefined) screen.write(`${line}\n`);
    else screen.write(`${readableLine(record, screen.colour)}\n`);
  };
  const follower = flags.follow ? followLogs(directory, print) : undefined;
  const past = readLogs(directory, flags.lines);
  for (const line of past) print(line);
  if (follower === undefined) {
    if (past.length === 0) process.stderr.write(`There is no log yet in ${directory}.\n`);
    return;
  }
  const signals = listenForStopSignals();
  // Nobody reads any more (`| head`): following has no purpose.
  process.stdout.once('error', () => signals.stop());
  follower.start();
  await aborted(signals.drain);
  follower.stop();
  signals.release();
}

/** A line that is no record (a file cut off by a crash) is shown as it is. */
function recordOf(line: string): LogRecord | undefined {
  try {
    const { process: _process, ...record } = JSON.parse(line);
    return record as LogRecord;
  } catch {
    return undefined;
  }
}
