/** What a client shows to be let in. Secrets are never part of a finding; of a key of ours its id is. */
import type { Finding } from '../../contract/machine/finding.ts';
import { keyPlaceholder } from '../connect-text.ts';
import type { ClientCheck, Examination } from './examination.ts';
import { placeFirst, placeText } from './layers.ts';
import { command, give, remove } from './remedies.ts';
import { type ClientSetup, type Credential, clientNames } from './setup.ts';

export const checkCredentials: ClientCheck = (examination) => {
  const { setup } = examination;
  if (setup.credentials.length === 0) return [missing(examination)];
  const refused = setup.credentials.filter((credential) => verdict(examination, credential) === 'refused');
  // Of two, the one that is not the gateway's should go.
  if (setup.credentials.length > 1) return [several(examination, refused)];
  return refused.map((credential) => unknownKey(examination, credential));
};

function missing({ setup, platform, commandLine }: Examination): Finding {
  const login = setup.client === 'claude-code' ? ' If it is logged in, it sends that login to the gateway.' : '';
  return {
    code: 'client-key-missing',
    severity: 'blocks',
    title: 'No key is set',
    seen: `${placeFirst(setup.keyPlace)} is not set.`,
    means: `The gateway answers 401 to requests without a key.${login}`,
    remedy: [
      'Make a key, if you have none:',
      command(commandLine('keys create'), platform),
      give(setup.keyPlace, keyPlaceholder, platform),
    ],
  };
}

function several({ setup, platform }: Examination, refused: readonly Credential[]): Finding {
  const surplus = refused.length > 0 && refused.length < setup.credentials.length ? refused : [surplusOf(setup)];
  const known = refused.length === 0 ? '' : ` The gateway does not know ${refused.map(shown).join(' nor ')}.`;
  return {
    code: 'client-two-credentials',
    severity: 'breaks',
    title: 'Two credentials are set',
    seen: `${first(setup.credentials.map(shown).join(' and '))} are both set.${known}`,
    means:
      `${clientNames[setup.client]} sends both, or the wrong one. Where a request has two, the gateway takes the one it ` +
      'knows; but a credential of somebody else is shown to it.',
    remedy: surplus.map(({ place }) => remove(place, platform)),
  };
}

/** Without a verdict: the one `metalyard env` does not set. */
const surplusOf = ({ credentials, keyPlace }: ClientSetup): Credential =>
  credentials.find(({ place }) => placeText(place) !== placeText(keyPlace)) ?? credentials[0]!;

function unknownKey({ platform, commandLine }: Examination, { place, secret = '' }: Credential): Finding {
  const means =
    secret === keyPlaceholder
      ? `${keyPlaceholder} stands for a key: it is to be replaced by one.`
      : 'Mistyped, revoked, or of another gateway. The gateway answers 401.';
  return {
    code: 'client-key-unknown',
    severity: 'blocks',
    title: 'The gateway does not know the key',
    seen: `${first(shown({ place, header: 'x-api-key', secret }))} was refused.`,
    means,
    remedy: [
      'Take a key of this gateway, or make one:',
      command(commandLine('keys create'), platform),
      give(place, keyPlaceholder, platform),
    ],
  };
}

/** Where it stands, and the id of a key of ours, which `metalyard keys list` shows too. */
function shown({ place, secret }: Credential): string {
  const id = /^(my_[0-9A-Za-z]{12})_/.exec(secret ?? '')?.[1];
  return id === undefined ? placeText(place) : `${placeText(place)} (${id})`;
}

const first = (text: string): string => text.replace(/^the /, 'The ');

function verdict({ setup, inquiry }: Examination, credential: Credential): string | undefined {
  return inquiry?.kind === 'answered' ? inquiry.credentials[setup.credentials.indexOf(credential)] : undefined;
}
