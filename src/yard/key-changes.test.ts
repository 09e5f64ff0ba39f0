import { describe } from 'node:test';
import { story } from './fixtures/story.ts';

describe('a key that is changed while its requests wait', () => {
  story(
    'has them go by what it may use now: elsewhere, or nowhere',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 1/1
    2      B connects
           > B/1 is live
    3      B reports big ready 1/1
    4      A starts beating
    4      B starts beating
    10     r1 asks big with ann
           > r1 is number 1
    11     r2 asks big with bob
           > r2 is number 2
    20     key ann may use B
    30     A reports big ready 0/1
           > offer r2.1 to A
    31     A accepts r2.1
           > assign r2.1 to A
    4010   B is removed
           > B/1 is lost
    9010   clock
           > r1 is rejected: no_machine, come back in 5919
    `,
  );

  story(
    'may use all again, what its client asked for still holds, and what was begun ends where it is',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big ready 1/1
    4      A starts beating
    4      B starts beating
    5      key ann may use A
    10     r1 asks big with ann
           > offer r1.1 to A
    11     A accepts r1.1
           > assign r1.1 to A
    12     r2 asks big with ann on machines B
           > r2 is number 1
    20     key ann may use B
    30     key ann may use all
    40     r1.1 ends
           > r1 is answered
    50     B reports big ready 0/1
           > offer r2.1 to B
    `,
  );

  story(
    'and revoked has those refused that wait',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    10     r1 asks big with ann
           > offer r1.1 to A
    11     A accepts r1.1
           > assign r1.1 to A
    12     r2 asks big with ann
           > r2 is number 1
    13     r3 asks big with bob
           > r3 is number 1
    20     key ann is revoked
           > r2 is rejected: authentication
    30     r1.1 ends
           > r1 is answered
           > offer r3.1 to A
    `,
  );

  story(
    'and revoked has nothing begun again that comes to nothing',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/2
    2      B connects
           > B/1 is live
    3      B reports big ready 0/2
    10     r1 asks big with ann
           > offer r1.1 to A
    11     A accepts r1.1
           > assign r1.1 to A
    20     key ann is revoked
    30     A disconnects
           > A/1 is lost
           > r1 is rejected: authentication
    `,
  );
});

describe('a machine that its owner removes', () => {
  story(
    'is awaited by nobody: who asks for it is refused at once, and its models are gone',
    `
    0      A connects
           > A/1 is live
    1      A reports big ready 0/1
    2      B connects
           > B/1 is live
    3      B reports big ready 0/1
    10     B is removed
           > B/1 is lost
    20     r1 asks big on machines B
           > r1 is rejected: no_machine, come back in 5919
    `,
  );
});
