/** `metalyard join`: one line that makes this machine part of a yard. */
import { request } from 'node:https';
import { Value } from 'typebox/value';
import { commandWord } from '../../contract/command-word.ts';
import { type JoinAnswer, JoinAnswerSchema, type JoinRequest, joinPath } from '../../contract/joining.ts';
import { openDataDirectory, requireWritable } from '../../transport/data-directory.ts';
import { loadMachineIdentity } from '../../transport/identity/machine-identity.ts';
import { explainProxy } from '../../transport/tls/proxy-refusal.ts';
import { proxyComplaint } from '../../transport/tls/proxy-settings.ts';
import {
  PinMismatch,
  pinnedCertificate,
  proxyAwareAgent,
  readAuthorities,
  type Trust,
} from '../../transport/tls/trust.ts';
import { CommandError } from '../command-error.ts';
import { requireWritableJoinedGateway, writeJoinedGateway } from '../joined-gateway.ts';
import { commandLine } from '../package-files.ts';
import { type AgentFlags, agent } from './agent.ts';

export type JoinFlags = Omit<AgentFlags, 'gateway'> & {
  readonly token: string;
  readonly pin?: string;
  readonly caFile?: string;
  /** False with `--no-start`. */
  readonly start: boolean;
};

/** A gateway that takes longer to answer is out of reach, ms. */
const patienceMs = 20_000;

export async function join(url: string, flags: JoinFlags): Promise<void> {
  checkAddress(url);
  const directory = openDataDirectory(flags.dataDir);
  // Before the token is used up.
  requireWritable(directory);
  requireKept(directory.joinedGateway);
  const complaint = proxyComplaint(process.env);
  if (complaint !== null) process.stderr.write(`${complaint}\n`);
  const trust = await findTrust(url, flags);
  const identity = loadMachineIdentity(directory.machineKey);
  const wish = { token: flags.token, machineId: identity.machineId, name: flags.name };
  const answer = await ask(url, trust, {
    ...wish,
    publicKey: identity.publicKey,
    signature: identity.signJoinProof(wish),
  });
  const { name = flags.name } = answer;
  writeJoinedGateway(directory.joinedGateway, { url, gatewayId: answer.gatewayId, name, ...trust });
  process.stdout.write(
    (answer.standing === 'approved'
      ? `${flags.name} has joined ${url}.\n`
      : `${flags.name} has asked to join ${url}, and waits to be let in.\n` +
        `On the gateway: metalyard machines approve ${commandWord(name, identity.machineId)}\n`) +
      (name === flags.name ? '' : `There it is called ${name}.\n`),
  );
  if (flags.start) return agent(flags);
  process.stdout.write(`Start it: ${commandLine('agent', flags.dataDir)}\n`);
}

function requireKept(file: string): void {
  try {
    requireWritableJoinedGateway(file);
  } catch (error) {
    throw new CommandError(
      `What is to be remembered of the gateway could not be written (${error instanceof Error ? error.message : error}). The token has not been ` +
        'used: make room, or name another place with --data-dir, and use the same line again.',
    );
  }
}

function checkAddress(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:') return;
  throw new CommandError(`${text} is not an address such as https://HOST:8787. Copy the whole join line.`);
}

async function findTrust(url: string, { pin, caFile }: JoinFlags): Promise<Trust> {
  if (pin === undefined) return caFile === undefined ? {} : { authorities: authoritiesIn(caFile) };
  const digits = pin.replaceAll(':', '');
  if (!/^[0-9a-f]{64}$/i.test(digits)) {
    throw new CommandError(
      `--pin has 64 hexadecimal digits, and this one is ${digits.length} characters long: the join line was cut. Copy the whole of it.`,
    );
  }
  try {
    return { pinned: await pinnedCertificate(url, pin) };
  } catch (error) {
    if (error instanceof PinMismatch) {
      throw new CommandError(
        `${error.message} If a proxy of your company does, join without --pin and with --ca-file and its certificate.`,
      );
    }
    throw new CommandError(unreachable(url, error));
  }
}

function authoritiesIn(caFile: string): string {
  try {
    return readAuthorities(caFile);
  } catch (error) {
    throw new CommandError(`--ca-file ${caFile} cannot be used: ${error instanceof Error ? error.message : error}`);
  }
}

async function ask(url: string, trust: Trust, wish: JoinRequest): Promise<JoinAnswer> {
  const { status, body } = await post(new URL(joinPath, url), trust, wish).catch((error: unknown) => {
    throw new CommandError(isUnknownAuthority(error) ? unknownAuthority(url, trust) : unreachable(url, error));
  });
  if (status === 200 && Value.Check(JoinAnswerSchema, body)) return body;
  throw new CommandError(`The gateway at ${url} refused: ${messageOf(body) ?? `status ${status}`}`);
}

function post(url: URL, trust: Trust, body: JoinRequest): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const agentOfProxies = proxyAwareAgent(trust);
    const asking = request(url, {
      method: 'POST',
      agent: agentOfProxies,
      headers: { 'content-type': 'application/json' },
    });
    asking.setTimeout(patienceMs, () => asking.destroy(new Error(`no answer within ${patienceMs / 1000} s`)));
    asking.on('close', () => agentOfProxies.destroy());
    asking.on('error', reject);
    asking.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: parse(Buffer.concat(pieces).toString('utf8')) });
      });
    });
    asking.end(JSON.stringify(body));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The message of an error in Anthropic's envelope. */
function messageOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return typeof error.message === 'string' ? error.message : undefined;
}

/** Nobody whom this machine trusts has signed what the gateway shows. */
function isUnknownAuthority(error: unknown): boolean {
  const { code = '' } = (error ?? {}) as NodeJS.ErrnoException;
  return /SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF|GET_ISSUER)/.test(code);
}

function unknownAuthority(url: string, { authorities }: Trust): string {
  const seen = `The certificate at ${url} is signed by no authority that this machine knows`;
  return authorities === undefined
    ? `${seen}, and the join line names none. A gateway that speaks TLS itself is known by its fingerprint: make the line there anew (metalyard token ` +
        'create), and copy the whole of it, with --pin. Where a proxy shows a certificate of its own, add --ca-file FILE with its authority.'
    : `${seen}, nor is it by those of --ca-file. It may be another proxy that answers there; a gateway that speaks TLS itself is known by --pin.`;
}

function unreachable(url: string, error: unknown): string {
  const why = error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : String(error);
  if (/CERT_(NOT_YET_VALID|HAS_EXPIRED)/.test(String((error as NodeJS.ErrnoException)?.code))) {
    return (
      `The certificate at ${url} is not valid at the time this machine's clock shows, ${new Date().toISOString()} (${why}). Set the clock here, ` +
      'and see that of the gateway, where its certificate was made.'
    );
  }
  return (
    `The gateway at ${url} could not be reached (${explainProxy(String(why))}). Is it running with --listen, and does a firewall let this ` +
    `machine through? ${proxyComplaint(process.env) ?? 'A proxy is taken from HTTPS_PROXY.'}`
  );
}
