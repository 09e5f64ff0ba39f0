/** Examines one client: asks the server it is set up for, then lets every check look. */
import type { Finding } from '../../contract/machine/finding.ts';
import type { Client } from '../client-settings.ts';
import { askGateway, type Inquiry } from './ask-gateway.ts';
import { rootOf, shownUrl } from './base-url.ts';
import { checkAddress } from './check-address.ts';
import { checkCredentials } from './check-credentials.ts';
import { checkModels } from './check-models.ts';
import { checkAttribution, checkFiles, checkOverridden } from './check-settings.ts';
import type { Examination } from './examination.ts';
import { placeText } from './layers.ts';
import type { ClientSetup } from './setup.ts';

export interface Diagnosis {
  readonly client: Client;
  readonly provider?: string;
  /** Without a password inside it. */
  readonly baseUrl?: string;
  readonly findings: readonly Finding[];
  /** What could not be found out, and why. */
  readonly notChecked: readonly string[];
}

export type Circumstances = Pick<Examination, 'platform' | 'commandLine'>;

/** The host that is never asked: nothing of this computer belongs there. */
const anthropicHost = 'api.anthropic.com';

export async function examine(setup: ClientSetup, circumstances: Circumstances): Promise<Diagnosis> {
  const parsed = setup.baseUrl === undefined ? null : URL.parse(setup.baseUrl.value);
  const baseUrl = parsed !== null && /^https?:$/.test(parsed.protocol) ? parsed : null;
  const asked = baseUrl !== null && baseUrl.hostname !== anthropicHost && setup.detours.length === 0;
  const inquiry = asked ? await askGateway(baseUrl, setup) : undefined;
  return diagnose({ ...circumstances, setup, baseUrl, inquiry });
}

/** Pure: from what is known to what is wrong. */
export function diagnose(examination: Examination): Diagnosis {
  const { setup, baseUrl, inquiry } = examination;
  // Without an address of a gateway, key and model do not matter.
  const checks =
    setup.baseUrl === undefined
      ? [checkFiles, checkAddress, checkOverridden]
      : [checkFiles, checkAddress, checkCredentials, checkModels, checkOverridden, checkAttribution];
  return {
    client: setup.client,
    ...(setup.provider === undefined ? {} : { provider: setup.provider }),
    ...(setup.baseUrl === undefined ? {} : { baseUrl: shownUrl(setup.baseUrl.value) }),
    findings: checks.flatMap((check) => check(examination)),
    notChecked: [...unasked(baseUrl, inquiry, examination), ...untried(setup, inquiry)],
  };
}

function unasked(baseUrl: URL | null, inquiry: Inquiry | undefined, { setup, commandLine }: Examination): string[] {
  if (baseUrl === null || inquiry === undefined) return [];
  const where = shownUrl(rootOf(baseUrl));
  switch (inquiry.kind) {
    case 'unreachable':
      return [
        `Key, model and window: nothing answers at ${where} (${inquiry.why}). Start the gateway: ${commandLine('up')}`,
      ];
    case 'untrusted':
      return [`Key, model and window: doctor does not trust the certificate of ${where} either.`];
    case 'foreign':
      return [];
    case 'answered':
      if (inquiry.credentials.includes('known') || (setup.models.length === 0 && setup.windows.length === 0)) return [];
      return ['Model and window: the gateway tells them only to a key it knows.'];
    default:
      return inquiry satisfies never;
  }
}

function untried({ credentials }: ClientSetup, inquiry: Inquiry | undefined): string[] {
  if (inquiry?.kind !== 'answered') return [];
  return credentials
    .filter((_, index) => inquiry.credentials[index] === 'not-asked')
    .map(({ place }) => `The credential of ${placeText(place)}: a command makes it, which only the client runs.`);
}
