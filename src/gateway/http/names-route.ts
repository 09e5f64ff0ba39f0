/** /metalyard/models, for `metalyard models` and `metalyard alias`: admin token only. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import { limits } from '../../contract/limits.ts';
import type { NamesView } from '../../yard/names/view-names.ts';
import type { ModelMinimums } from '../model-minimums.ts';
import type { ModelWishes, OwnerWish } from '../model-wishes.ts';
import { type AdminCheck, requireAdmin } from './admin.ts';
import { parseJson } from './machines-route.ts';

const namesPath = '/metalyard/models';

export function addNamesRoute(app: FastifyInstance, isAdmin: AdminCheck, names: () => NamesView): void {
  app.get(namesPath, async (request) => {
    requireAdmin(request, isAdmin);
    return names();
  });
}

const WishSchema = Type.Object({
  wish: Type.Enum(['load', 'unload', 'pin', 'unpin']),
  machine: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
});

const MinimumSchema = Type.Object({ minimum: Type.Integer({ minimum: 0, maximum: limits.minimumMachines }) });

export function addModelWishRoute(
  app: FastifyInstance,
  isAdmin: AdminCheck,
  wishes: Pick<ModelWishes, 'tell'>,
  minimums: Pick<ModelMinimums, 'set'>,
): void {
  app.register(async (routes) => {
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: limits.linkHelloBytes }, parseJson);
    routes.post<{ Params: { model: string } }>(`${namesPath}/:model`, async (request) => {
      requireAdmin(request, isAdmin);
      const { body } = request;
      if (Value.Check(MinimumSchema, body)) return { minimum: await minimums.set(request.params.model, body.minimum) };
      if (!Value.Check(WishSchema, body)) {
        const wanted = `wish: it is load, unload, pin or unpin. Or minimum: 0 to ${limits.minimumMachines}.`;
        throw new ApiFailure(apiError('invalid_request', wanted));
      }
      return { machines: await wishes.tell(request.params.model, body.wish as OwnerWish, body.machine) };
    });
  });
}
