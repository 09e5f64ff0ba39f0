/** What a check looks at. */
import type { Finding } from '../../contract/machine/finding.ts';
import type { Inquiry } from './ask-gateway.ts';
import type { ClientSetup } from './setup.ts';

export interface Examination {
  readonly setup: ClientSetup;
  /** The base URL, when it is one. */
  readonly baseUrl: URL | null;
  /** Undefined when there is nobody to ask. */
  readonly inquiry: Inquiry | undefined;
  readonly platform: NodeJS.Platform;
  /** A command of this program, as it is typed here. */
  readonly commandLine: (rest: string) => string;
}

export type ClientCheck = (examination: Examination) => readonly Finding[];
