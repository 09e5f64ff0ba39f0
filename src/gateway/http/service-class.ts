/** How urgent a request is: as its key, unless it says or shows that it is less. */
import type { IncomingHttpHeaders } from 'node:http';
import { ApiFailure, apiError } from '../../contract/errors.ts';
import { isServiceClass, laterClass, type ServiceClass, serviceClasses } from '../../contract/service-class.ts';
import type { SideCall } from '../../translate/request/recognise-side-call.ts';

/** A request may ask to be less urgent than its key allows, never more. */
const classHeader = 'x-metalyard-class';

/** Throws `ApiFailure` when the header names no class. What a client said of a side call counts before our guess. */
export function serviceClassOf(
  keyClass: ServiceClass,
  headers: IncomingHttpHeaders,
  sideCall: SideCall | null,
): ServiceClass {
  const said = headers[classHeader];
  if (said === undefined) return sideCall === null ? keyClass : laterClass(keyClass, 'background');
  if (typeof said === 'string' && isServiceClass(said)) return laterClass(keyClass, said);
  const names = serviceClasses.join(', ');
  throw new ApiFailure(apiError('invalid_request', `${classHeader}: must be one of ${names}, or left out.`));
}
