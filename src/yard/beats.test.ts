/** A beat says that all is as it was reported last; where the yard thinks otherwise it takes the machine's word. */
import { describe } from 'node:test';
import { story } from './fixtures/story.ts';

describe('a request', () => {
  story(
    'is cancelled again with each beat until the machine has answered',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/1
    2     r1 asks tiny
          > offer r1.1 to A
    3     r1 is withdrawn: client-left
          > cancel r1.1 on A: client-left
          > r1 is cancelled: client-left
    5000  A beats
          > cancel r1.1 on A: superseded
    5001  A has stopped r1.1
    9000  A beats
    `,
  );

  story(
    'declined as busy is repeated when a beat says that all is as it was reported',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/2
    2     r1 asks tiny
          > offer r1.1 to A
    5     A declines r1.1: busy 2/2
          > discard r1.1
          > r1 is number 1
    # That it lives says nothing of its load.
    4000  A is heard
    5000  A beats
          > offer r1.2 to A
    `,
  );

  story(
    'declined because the model was not there is offered again when a beat says that it is',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    4     r1 asks tiny
          > offer r1.1 to A
    5     A declines r1.1: model-unavailable
          > discard r1.1
          > r1 is number 1
    2000  A beats
          > offer r1.2 to A
    `,
  );
});
