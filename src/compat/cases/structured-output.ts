/** The cases of `structured-output/`, in the order of the report. */
import type { CompatCase } from '../compat-case.ts';
import { jsonFormat } from './structured-output/json-format.ts';
import { jsonFormatStreamed } from './structured-output/json-format-streamed.ts';
import { jsonFormatTwin } from './structured-output/json-format-twin.ts';
import { nested } from './structured-output/nested.ts';

export const structuredOutputCases: readonly CompatCase[] = [jsonFormat, jsonFormatTwin, jsonFormatStreamed, nested];
