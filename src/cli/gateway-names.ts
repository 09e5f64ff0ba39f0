/** What the running gateway says of models and names. */
import type { NamesView } from '../yard/names/view-names.ts';
import { type GatewayRecord, getFromGateway } from './gateway-record.ts';

/** Undefined when the gateway of the record does not answer. */
export async function askForNames(record: GatewayRecord): Promise<NamesView | undefined> {
  // Ours, of the same version as this command.
  return (await getFromGateway(record, '/metalyard/models')) as NamesView | undefined;
}
