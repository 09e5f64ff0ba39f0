/** What the running gateway says of models and names. */
import { openDataDirectory } from '../transport/data-directory.ts';
import { isOpenName, twinPrefix } from '../yard/names/aliases.ts';
import { isAllowed } from '../yard/names/allowed-models.ts';
import type { NamesView } from '../yard/names/view-names.ts';
import { type GatewayRecord, getFromGateway, readGatewayRecord } from './gateway-record.ts';

/** Undefined when the gateway of the record does not answer. */
export async function askForNames(record: GatewayRecord): Promise<NamesView | undefined> {
  // Ours, of the same version as this command.
  return (await getFromGateway(record, '/metalyard/models')) as NamesView | undefined;
}

/** Undefined when no gateway of the data directory runs. */
export async function namesIfRunning(dataDir: string): Promise<NamesView | undefined> {
  const record = readGatewayRecord(openDataDirectory(dataDir).gatewayRecord);
  return record === undefined ? undefined : askForNames(record);
}

/** Those of the names on a key's list that mean no model at the moment. */
export function namesWithoutModel({ models, aliases }: NamesView, allowed: readonly string[]): readonly string[] {
  return allowed.filter((entry) => {
    const name = entry.startsWith(twinPrefix) ? entry.slice(twinPrefix.length) : entry;
    if (isOpenName(entry) || aliases.some((alias) => alias.name === name)) return false;
    return !models.some(({ id, otherNames }) => isAllowed([name], id.replace(/@[0-9a-f]+$/, ''), [id, ...otherNames]));
  });
}
