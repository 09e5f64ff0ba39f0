import { sh } from '../commands.ts';
import { landmine } from '../landmine.ts';
import { measured } from '../sources.ts';

export const linkMalformed = landmine({
  code: 'link-malformed',
  title: 'Gateway and agent do not understand each other',
  group: 'network',
  severity: 'breaks',
  needs: ['link.malformed'],
  means:
    'The link ends with each such message, and what the machine was working at moves elsewhere. It is let in once a minute to try again.',
  story:
    'Messages of the link have shapes that both ends check. Versions of the protocol differ by messages and fields that the other end may ignore; a field that is known and has ' +
    'another type is a fault of one of them, or of something between that changes what passes. Asking again at once would bring the same message again.',
  sources: [measured('An agent whose report has another shape: a test does it', '2026-11')],
  example: {
    'link.malformed':
      'its agent 0.9.0 sent a message that cannot be read here: a field of "report" has the wrong shape',
  },
  counterExample: { 'link.malformed': '' },
  judge({ 'link.malformed': why }) {
    if (why === '') return 'ok';
    return {
      seen: `The link of the machine ended because ${why}.`,
      remedy: [
        'Bring gateway and agent to the same version. Where they are, please report it, with the log:',
        sh('metalyard logs'),
      ],
    };
  },
});
