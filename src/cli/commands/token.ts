/** `metalyard token`: invitations for machines, with or without a running gateway. */
import { existsSync, readFileSync } from 'node:fs';
import { Value } from 'typebox/value';
import { MachineLabelSchema } from '../../contract/joining.ts';
import { openDataDirectory } from '../../transport/data-directory.ts';
import { fingerprintOf } from '../../transport/tls/certificate.ts';
import { administerStore } from '../administer-store.ts';
import { CommandError } from '../command-error.ts';
import { type GatewayRecord, readGatewayRecord } from '../gateway-record.ts';
import { commandLine } from '../package-files.ts';
import { ownName } from '../reach.ts';
import { table } from '../table.ts';

export interface TokenFlags {
  readonly dataDir: string;
  readonly uses: number;
  /** ms. */
  readonly ttl: number;
  readonly approve?: boolean;
  readonly label?: string;
  readonly url?: string;
  readonly json?: boolean;
}

export async function createToken(flags: TokenFlags): Promise<void> {
  const { label = '' } = flags;
  if (label !== '' && !Value.Check(MachineLabelSchema, label)) {
    throw new CommandError(
      '--label: 128 characters at most, without commas, control characters and spaces around it, and neither all nor none.',
    );
  }
  const place = whereToJoin(flags);
  await administerStore(flags, async ({ joinTokens }) => {
    const { token, secret } = await joinTokens.create({
      label,
      approves: flags.approve === true,
      uses: flags.uses,
      lifetimeMs: flags.ttl,
    });
    const line = `metalyard join ${place.url} --token ${secret}${place.pin === undefined ? '' : ` --pin ${place.pin}`}`;
    if (flags.json) return printJson({ ...token, secret, ...place, line });
    const uses = flags.uses === 1 ? 'one machine' : `${flags.uses} machines`;
    process.stdout.write(
      `On the other machine, within ${minutes(flags.ttl)}; good for ${uses}, and shown only now:\n\n  ${line}\n\n` +
        (flags.approve ? '' : `Then let it in here: ${commandLine('machines approve NAME', flags.dataDir)}\n`),
    );
  });
}

export async function listTokens(flags: { readonly dataDir: string; readonly json?: boolean }): Promise<void> {
  await administerStore(flags, async ({ joinTokens }) => {
    const tokens = await joinTokens.list();
    if (flags.json) return printJson(tokens);
    if (tokens.length === 0) {
      process.stdout.write(`There are none. Make one: ${commandLine('token create', flags.dataDir)}\n`);
      return;
    }
    const rows = tokens.map(({ tokenId, label, usesLeft, approves, expiresAtMs }) => [
      tokenId,
      label || '-',
      String(usesLeft),
      approves ? 'yes' : 'no',
      minutes(expiresAtMs - Date.now()),
    ]);
    process.stdout.write(table(['token', 'label', 'uses left', 'approves', 'good for'], rows));
  });
}

export async function revokeToken(id: string, flags: { readonly dataDir: string }): Promise<void> {
  await administerStore(flags, async ({ joinTokens }) => {
    if (!(await joinTokens.revoke(id))) {
      throw new CommandError(`No token that could be used has the id ${id}. ${commandLine('token ls', flags.dataDir)}`);
    }
    process.stdout.write(`${id} is of no use any more.\n`);
  });
}

/** Address and fingerprint for the join line. */
function whereToJoin({ dataDir, url }: TokenFlags): { url: string; pin?: string } {
  const directory = openDataDirectory(dataDir);
  const record = readGatewayRecord(directory.gatewayRecord);
  const address = url ?? (record === undefined ? undefined : publicUrlOf(record));
  if (address === undefined) {
    throw new CommandError(
      record === undefined
        ? `No gateway of this data directory is running. Start one that others can reach: ${commandLine('up --listen 0.0.0.0', dataDir)}`
        : `The gateway is reachable from this machine only. Start it with --listen 0.0.0.0, or name its address: --url https://NAME`,
    );
  }
  // Asked of who makes the line, not of who copies it to another machine.
  if (url !== undefined && !(URL.canParse(url) && new URL(url).protocol === 'https:')) {
    throw new CommandError(
      `--url ${url} is not an address such as https://HOST:8787: machines join by TLS alone. Start the gateway with --listen 0.0.0.0, ` +
        'or name the address of the proxy in front of it.',
    );
  }
  // Behind a proxy it is the proxy's certificate that agents see. One that does not run is taken to show the one it has.
  const isOwn = record === undefined || record.showsOwnCertificate === true;
  return isOwn && existsSync(directory.certificate)
    ? { url: address, pin: fingerprintOf(readFileSync(directory.certificate, 'utf8')) }
    : { url: address };
}

/** Of a gateway without a name, as its machine's network is now. */
function publicUrlOf({ publicUrl, isAnywhere }: GatewayRecord): string | undefined {
  if (publicUrl === undefined || isAnywhere !== true) return publicUrl;
  return `https://${ownName()}:${new URL(publicUrl).port || '443'}`;
}

function minutes(ms: number): string {
  const whole = Math.max(1, Math.round(ms / 60_000));
  return whole < 120 ? `${whole} min` : `${Math.round(whole / 60)} h`;
}

const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
