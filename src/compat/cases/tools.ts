/** The cases of `tools/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { bashTool } from './tools/bash-tool.ts';
import { callSentBack } from './tools/call-sent-back.ts';
import { choiceAny } from './tools/choice-any.ts';
import { choiceAuto } from './tools/choice-auto.ts';
import { choiceNone } from './tools/choice-none.ts';
import { choiceTool } from './tools/choice-tool.ts';
import { deferredHidden } from './tools/deferred-hidden.ts';
import { deferredLoaded } from './tools/deferred-loaded.ts';
import { definitionsRead } from './tools/definitions-read.ts';
import { descriptionOptional } from './tools/description-optional.ts';
import { eagerStreaming } from './tools/eager-streaming.ts';
import { editorTool } from './tools/editor-tool.ts';
import { inputFitsSchema } from './tools/input-fits-schema.ts';
import { nameForms } from './tools/name-forms.ts';
import { oneCallAtMost } from './tools/one-call-at-most.ts';
import { parallelResults } from './tools/parallel-results.ts';
import { resultBlocks } from './tools/result-blocks.ts';
import { resultEmpty } from './tools/result-empty.ts';
import { resultError } from './tools/result-error.ts';
import { resultImage } from './tools/result-image.ts';
import { resultString } from './tools/result-string.ts';
import { strict } from './tools/strict.ts';
import { useIdsUnique } from './tools/use-ids-unique.ts';
import { useShape } from './tools/use-shape.ts';
import { useStopReason } from './tools/use-stop-reason.ts';
import { webSearch } from './tools/web-search.ts';

export const toolsCases: readonly CompatCase[] = [
  choiceTool,
  choiceAny,
  choiceNone,
  choiceAuto,
  useShape,
  useStopReason,
  useIdsUnique,
  inputFitsSchema,
  strict,
  resultString,
  resultBlocks,
  resultError,
  resultEmpty,
  resultImage,
  parallelResults,
  callSentBack,
  oneCallAtMost,
  definitionsRead,
  deferredHidden,
  deferredLoaded,
  eagerStreaming,
  nameForms,
  descriptionOptional,
  bashTool,
  editorTool,
  webSearch,
];
