/** The cases of `validation/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { blockIncomplete } from './validation/block-incomplete.ts';
import { blockUnknown } from './validation/block-unknown.ts';
import { bodyEmpty } from './validation/body-empty.ts';
import { bodyNotObject } from './validation/body-not-object.ts';
import { budgetOverLimit } from './validation/budget-over-limit.ts';
import { budgetSmall } from './validation/budget-small.ts';
import { callIdsUnique } from './validation/call-ids-unique.ts';
import { callInputObject } from './validation/call-input-object.ts';
import { callWithoutResult } from './validation/call-without-result.ts';
import { choiceUnknownTool } from './validation/choice-unknown-tool.ts';
import { choiceWithoutTools } from './validation/choice-without-tools.ts';
import { jsonBroken } from './validation/json-broken.ts';
import { maxTokensMissing } from './validation/max-tokens-missing.ts';
import { maxTokensNegative } from './validation/max-tokens-negative.ts';
import { messagesEmpty } from './validation/messages-empty.ts';
import { messagesMissing } from './validation/messages-missing.ts';
import { modelMissing } from './validation/model-missing.ts';
import { prefillWhitespace } from './validation/prefill-whitespace.ts';
import { resultWithoutCall } from './validation/result-without-call.ts';
import { roleUnknown } from './validation/role-unknown.ts';
import { temperatureRange } from './validation/temperature-range.ts';
import { textEmpty } from './validation/text-empty.ts';
import { toolNameForm } from './validation/tool-name-form.ts';
import { toolNamesUnique } from './validation/tool-names-unique.ts';
import { toolSchemaMissing } from './validation/tool-schema-missing.ts';
import { toolSchemaType } from './validation/tool-schema-type.ts';
import { toolTypeUnknown } from './validation/tool-type-unknown.ts';
import { wrongTypes } from './validation/wrong-types.ts';

export const validationCases: readonly CompatCase[] = [
  jsonBroken,
  bodyNotObject,
  bodyEmpty,
  modelMissing,
  messagesMissing,
  maxTokensMissing,
  maxTokensNegative,
  wrongTypes,
  messagesEmpty,
  roleUnknown,
  textEmpty,
  blockUnknown,
  blockIncomplete,
  resultWithoutCall,
  callWithoutResult,
  callIdsUnique,
  callInputObject,
  toolNamesUnique,
  toolNameForm,
  toolSchemaMissing,
  toolSchemaType,
  toolTypeUnknown,
  choiceUnknownTool,
  choiceWithoutTools,
  budgetSmall,
  budgetOverLimit,
  temperatureRange,
  prefillWhitespace,
];
