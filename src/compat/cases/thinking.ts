/** The cases of `thinking/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { adaptive } from './thinking/adaptive.ts';
import { betweenTools } from './thinking/between-tools.ts';
import { comesFirst } from './thinking/comes-first.ts';
import { disabled } from './thinking/disabled.ts';
import { displayOmitted } from './thinking/display-omitted.ts';
import { effort } from './thinking/effort.ts';
import { emptySignature } from './thinking/empty-signature.ts';
import { enabled } from './thinking/enabled.ts';
import { redactedHistory } from './thinking/redacted-history.ts';
import { sentBack } from './thinking/sent-back.ts';
import { signed } from './thinking/signed.ts';
import { unasked } from './thinking/unasked.ts';

export const thinkingCases: readonly CompatCase[] = [
  enabled,
  comesFirst,
  signed,
  sentBack,
  emptySignature,
  redactedHistory,
  disabled,
  unasked,
  adaptive,
  displayOmitted,
  betweenTools,
  effort,
];
