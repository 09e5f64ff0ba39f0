/** The models a client names, against those that are served; the windows it was told, against the true ones. */
import type { Finding } from '../../contract/machine/finding.ts';
import { claudeCodeWindow } from '../connect-text.ts';
import type { GatewayAnswer } from './ask-gateway.ts';
import type { ClientCheck, Examination } from './examination.ts';
import { placeFirst } from './layers.ts';
import { give } from './remedies.ts';
import { clientNames, type NamedModel, type ToldWindow } from './setup.ts';

export const checkModels: ClientCheck = (examination) => {
  const { setup, inquiry } = examination;
  if (inquiry?.kind !== 'answered' || !inquiry.credentials.includes('known')) return [];
  return [
    ...unnamed(examination, inquiry),
    ...setup.models.flatMap((model) => unserved(examination, inquiry, model)),
    ...setup.windows.flatMap((window) => wrongWindow(examination, inquiry, window)),
  ];
};

function unnamed({ setup, platform }: Examination, { served }: GatewayAnswer): readonly Finding[] {
  const { modelPlace, models } = setup;
  if (modelPlace === undefined || models.length > 0) return [];
  const [first = 'auto'] = served;
  return [
    {
      code: 'client-model-missing',
      severity: 'warns',
      title: 'No model is named',
      seen: `${placeFirst(modelPlace)} is not set.`,
      means:
        `${clientNames[setup.client]} asks for a model of its own choice. The gateway answers with what it has for that name, ` +
        'and the window the client goes by is that of another model.',
      remedy: [give(modelPlace, setup.provider === undefined ? first : `${setup.provider}/${first}`, platform)],
    },
  ];
}

function unserved({ setup, platform }: Examination, answer: GatewayAnswer, model: NamedModel): readonly Finding[] {
  if (answer.windows.get(model.id) !== null) return [];
  const [first] = answer.served;
  const value = setup.client === 'opencode' ? `${setup.provider}/${first}` : first;
  return [
    {
      code: 'client-model-unknown',
      severity: model.chosen ? 'blocks' : 'warns',
      title: 'The model is not served',
      seen: `${placeFirst(model.place)} is ${model.id}.`,
      means:
        `No machine serves it, or the key may not use it: requests for it are refused. ` +
        (first === undefined ? 'No model is served at the moment.' : `There is: ${answer.served.join(', ')}.`),
      remedy:
        value === undefined
          ? ['Start a machine that has the model, then ask again']
          : [give(model.place, value, platform)],
    },
  ];
}

function wrongWindow({ setup, platform }: Examination, answer: GatewayAnswer, told: ToldWindow): readonly Finding[] {
  const window = answer.windows.get(told.model);
  // Not served (said elsewhere), or still being loaded.
  if (!window) return [];
  const right = setup.client === 'claude-code' ? claudeCodeWindow({ window }) : window;
  const name = clientNames[setup.client];
  const facts = `The window of ${told.model} is ${window} tokens.`;
  const remedy = [give(told.place, String(right), platform)];
  if (told.setting === undefined) {
    return [
      {
        code: 'client-window-missing',
        severity: 'warns',
        title: 'The client is not told the window',
        seen: `${placeFirst(told.place)} is not set. ${facts}`,
        means: `${name} cannot know that. It assumes ${told.assumed}, and a request that no longer fits is refused first.`,
        remedy,
      },
    ];
  }
  const tokens = Number(told.setting.value);
  if (tokens === right) return [];
  const smaller = tokens < right;
  const difference =
    right === window ? '' : ` Told ${right}, ${name} compacts shortly before a request no longer fits.`;
  return [
    {
      code: smaller ? 'client-window-too-small' : 'client-window-too-large',
      severity: smaller ? 'slows' : 'warns',
      title: smaller ? 'The client compacts too early' : 'The client compacts too late',
      seen: `${placeFirst(told.place)} is ${told.setting.value}. ${facts}`,
      means: `${smaller ? 'Part of the window is never used.' : 'A request that no longer fits is refused first.'}${difference}`,
      remedy,
    },
  ];
}
