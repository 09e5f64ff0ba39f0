/** Machines: how they join, and what their owner does with them (admin token only). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import {
  type JoinAnswer,
  JoinRequestSchema,
  joinPath,
  listWords,
  MachineLabelSchema,
  MachineNameSchema,
} from '../../contract/joining.ts';
import { limits } from '../../contract/limits.ts';
import { verifyJoinProof } from '../../transport/identity/link-proof.ts';
import type { Log } from '../../transport/log/log.ts';
import type { Machine, Store } from '../../transport/store/store.ts';
import type { MachineAdmin, MachineChange } from '../machine-admin.ts';
import { type AdminCheck, requireAdmin } from './admin.ts';

export interface MachineRoutesOptions {
  readonly store: Store;
  readonly log: Log;
  readonly admin: MachineAdmin;
  readonly isAdmin: AdminCheck;
  /** Whether a machine may speak over this connection: a token never travels in clear. */
  allowsLink(request: FastifyRequest): boolean;
}

const ChangeSchema = Type.Union([
  Type.Object({ kind: Type.Enum(['approve', 'drain', 'resume', 'remove']) }),
  Type.Object({ kind: Type.Literal('rename'), name: MachineNameSchema }),
  Type.Object({ kind: Type.Literal('label'), labels: Type.Array(MachineLabelSchema, { maxItems: 32 }) }),
]);

export function addMachineRoutes(app: FastifyInstance, options: MachineRoutesOptions): void {
  const { admin, isAdmin } = options;
  // Fastify gives these routes a parser of their own: nothing here is larger than a hello.
  app.register(async (routes) => {
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: limits.linkHelloBytes }, parseJson);
    routes.post(joinPath, async (request) => join(request, options));
    routes.get('/metalyard/machines', async (request) => {
      requireAdmin(request, isAdmin);
      return { machines: await admin.list() };
    });
    routes.post<{ Params: { machine: string } }>('/metalyard/machines/:machine', async (request) => {
      requireAdmin(request, isAdmin);
      if (!Value.Check(ChangeSchema, request.body)) {
        throw new ApiFailure(apiError('invalid_request', wrongChange(request.body)));
      }
      if (listWords.includes((request.body as { readonly name?: string }).name ?? '')) {
        throw new ApiFailure(apiError('invalid_request', nameRule));
      }
      return admin.change(request.params.machine, request.body as MachineChange);
    });
  });
}

const nameRule =
  'name: 1 to 128 characters, no control characters such as line ends, and neither "all" nor "none", which mean something else in lists.';

/** What is wrong with a change that is none. */
function wrongChange(body: unknown): string {
  const kind = typeof body === 'object' && body !== null && 'kind' in body ? body.kind : undefined;
  if (kind === 'rename') return nameRule;
  if (kind === 'label') {
    return 'labels: 32 at most, of 1 to 128 characters each, without commas, control characters and spaces around them, and neither "all" nor "none".';
  }
  return 'kind: there is no such change of a machine.';
}

/** For routes whose bodies are small. */
export function parseJson(
  _request: FastifyRequest,
  body: string | Buffer,
  done: (error: Error | null, value?: unknown) => void,
) {
  try {
    done(null, JSON.parse(String(body)));
  } catch {
    done(new ApiFailure(apiError('invalid_json', 'The body is not JSON.')));
  }
}

async function join(
  request: FastifyRequest,
  { store, log, admin, allowsLink }: MachineRoutesOptions,
): Promise<JoinAnswer> {
  if (!allowsLink(request)) {
    throw new ApiFailure(
      apiError('permission', 'Machines join over TLS only: use the https:// address of the join line.'),
    );
  }
  const wish = request.body;
  if (!Value.Check(JoinRequestSchema, wish)) {
    throw new ApiFailure(
      apiError(
        'invalid_request',
        'The body does not say who joins. Names have no control characters (--name); otherwise update the agent.',
      ),
    );
  }
  if (!verifyJoinProof(wish)) {
    throw new ApiFailure(apiError('authentication', "signature: it does not match the machine's key."));
  }
  const { machineId, publicKey } = wish;
  const used = await store.joinTokens.usedBy(machineId, wish.token);
  const known = used === undefined ? undefined : await store.machines.get(machineId);
  // Its first answer may have been lost, or not been written down there.
  if (known !== undefined && known.standing !== 'removed') return answerTo(known, store);
  // Of one that is not known the use was noted and nothing more; one that was removed needs another invitation.
  const token = known === undefined ? (used ?? (await store.joinTokens.use(wish.token, machineId))) : undefined;
  if (token === undefined) {
    throw new ApiFailure(
      apiError(
        'authentication',
        'token: it is unknown, used up or too old. Make another on the gateway: metalyard token create',
      ),
    );
  }
  const joined = await store.machines.join({ machineId, publicKey, name: wish.name }, token);
  const { name, standing, labels } = joined;
  log.info('machine joined', { machine: name, machineId, standing, labels });
  // One that is linked already has its new label from now on.
  admin.named({ machineId, name, labels });
  return answerTo(joined, store);
}

const answerTo = ({ name, standing }: Pick<Machine, 'name' | 'standing'>, { gatewayId }: Store): JoinAnswer => ({
  gatewayId,
  standing: standing === 'approved' ? 'approved' : 'pending',
  name,
});
