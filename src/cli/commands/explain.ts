/** `metalyard explain`: where a request was sent, why there, and what came of it. */
import type { Explanation } from '../../gateway/decision-book.ts';
import { CommandError } from '../command-error.ts';
import { explanationText } from '../explanation-text.ts';
import { getFromGateway } from '../gateway-record.ts';
import { runningGateway } from '../running-gateway.ts';

export interface ExplainFlags {
  readonly dataDir: string;
  readonly json?: boolean;
}

export async function explain(requestId: string, flags: ExplainFlags): Promise<void> {
  const { record } = await runningGateway(flags.dataDir);
  const path = `/metalyard/requests/${encodeURIComponent(requestId)}`;
  // Ours, of the same version as this command.
  const found = (await getFromGateway(record, path)) as Explanation | undefined;
  if (found === undefined) {
    throw new CommandError(
      `Nothing is known of ${requestId}. The gateway keeps its last 1,000 requests, from its start on; the id is in the ` +
        'header request-id of every answer, and in the log: metalyard logs',
    );
  }
  process.stdout.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : explanationText(found));
}
