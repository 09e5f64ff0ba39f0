import { describe } from 'node:test';
import { story } from './fixtures/story.ts';

describe('a request', () => {
  story(
    'is offered, accepted, shown and answered',
    `
    0    A connects
         > A/1 is live
    1    A reports tiny ready 0/4
    2    r1 asks tiny
         > offer r1.1 to A
    9    A accepts r1.1
         > assign r1.1 to A
    20   r1.1 is prefilling
    90   r1.1 shows content
    99   r1.1 is streaming
    200  r1.1 ends
         > r1 is answered
    `,
  );

  story(
    'waits for a slot, hears its position, and goes in order of arrival',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/1
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    4     r2 asks tiny
          > r2 is number 1
    5     r3 asks tiny
          > r3 is number 2
    10    r1.1 ends
          > r1 is answered
          > offer r2.1 to A
    11    A accepts r2.1
          > assign r2.1 to A
    1004  clock
          > r3 is number 1
    1200  clock
    1500  r2.1 ends
          > r2 is answered
          > offer r3.1 to A
    `,
  );

  story(
    'ends at once when its client leaves the queue',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1
    2  r1 asks tiny
       > offer r1.1 to A
    3  r2 asks tiny
       > r2 is number 1
    4  r2 is withdrawn: client-left
       > r2 is cancelled: client-left
    `,
  );

  story(
    'is cancelled at the machine when its client leaves after the offer',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1
    2  r1 asks tiny
       > offer r1.1 to A
    3  r1 is withdrawn: client-left
       > cancel r1.1 on A: client-left
       > r1 is cancelled: client-left
    # The machine had accepted before it read the cancel: it is told again.
    4  A accepts r1.1
       > cancel r1.1 on A: superseded
    5  r2 asks tiny
       > r2 is number 1
    6  A has stopped r1.1
       > offer r2.1 to A
    `,
  );

  story(
    'is cancelled in mid-stream; the slot is free only when the machine says so',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1
    2  r1 asks tiny
       > offer r1.1 to A
    3  A accepts r1.1
       > assign r1.1 to A
    4  r1.1 shows content
    5  r1 is withdrawn: slow-client
       > cancel r1.1 on A: slow-client
       > r1 is cancelled: slow-client
    6  r2 asks tiny
       > r2 is number 1
    7  r1.1 ends
    8  A has stopped r1.1
       > offer r2.1 to A
    `,
  );

  story(
    'that was cancelled frees its slot by the next report too',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1
    2  r1 asks tiny
       > offer r1.1 to A
    3  A accepts r1.1
       > assign r1.1 to A
    5  r1 is withdrawn: client-left
       > cancel r1.1 on A: client-left
       > r1 is cancelled: client-left
    6  r2 asks tiny
       > r2 is number 1
    # Sent before the cancel arrived: still at work.
    7  A reports tiny ready 1/1
       > cancel r1.1 on A: superseded
    8  A reports tiny ready 0/1
       > cancel r1.1 on A: superseded
       > offer r2.1 to A
    `,
  );

  story(
    'for one model does not wait behind requests for another',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1, big ready 0/1
    2  r1 asks big
       > offer r1.1 to A
    3  r2 asks big
       > r2 is number 1
    4  r3 asks tiny
       > offer r3.1 to A
    `,
  );
});

describe('an offer', () => {
  story(
    'goes unanswered by the only machine: it is asked again when it is free, three times in all',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/1
    2      r1 asks tiny
           > offer r1.1 to A
    3      A starts beating
    5002   clock
           > cancel r1.1 on A: deadline
           > discard r1.1
           > r1 is number 1
    5100   A reports tiny ready 0/1
           > cancel r1.1 on A: superseded
           > offer r1.2 to A
    10100  clock
           > cancel r1.2 on A: deadline
           > discard r1.2
           > r1 is number 1
    10200  A has stopped r1.2
           > offer r1.3 to A
    15200  clock
           > cancel r1.3 on A: deadline
           > r1 is rejected: machine_lost, come back in 2367
    `,
  );

  story(
    'is never made beyond the free slots, those of others counted',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 2/4
    2  r1 asks tiny
       > offer r1.1 to A
    3  r2 asks tiny
       > offer r2.1 to A
    4  r3 asks tiny
       > r3 is number 1
    5  A accepts r1.1
       > assign r1.1 to A
    6  A accepts r2.1
       > assign r2.1 to A
    7  A reports tiny ready 4/4
    8  A reports tiny ready 3/4
       > offer r3.1 to A
    `,
  );

  story(
    'declined as busy goes back to the front and waits for news, not in a loop',
    `
    0    A connects
         > A/1 is live
    1    A reports tiny ready 0/2
    2    r1 asks tiny
         > offer r1.1 to A
    3    r2 asks tiny
         > offer r2.1 to A
    4    r3 asks tiny
         > r3 is number 1
    5    A declines r1.1: busy 2/2
         > discard r1.1
         > r1 is number 1
    6    A declines r2.1: busy 2/2
         > discard r2.1
         > r2 is number 2
    # News, but the pause is not over.
    20   A reports tiny ready 1/2
    256  clock
         > offer r1.2 to A
    `,
  );

  story(
    'declined as busy by a machine that says it has room is repeated only on its word',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/2
    2     r1 asks tiny
          > offer r1.1 to A
    5     A declines r1.1: busy 0/2
          > discard r1.1
          > r1 is number 1
    4000  clock
    5000  A reports tiny ready 0/2
          > offer r1.2 to A
    5001  A declines r1.2: busy 0/2
          > discard r1.2
          > r1 is number 1
    5010  A reports tiny ready 0/2
    5251  clock
          > offer r1.3 to A
    `,
  );

  story(
    'declined as busy is repeated when one of our tickets there ends',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/2
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    4     r2 asks tiny
          > offer r2.1 to A
    5     A declines r2.1: busy 2/2
          > discard r2.1
          > r2 is number 1
    1000  r1.1 ends
          > r1 is answered
          > offer r2.2 to A
    1200  A reports tiny ready 0/2
    `,
  );

  story(
    'declined as busy does not use up a try, but the wait goes on',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/1
    2      r1 asks tiny
           > offer r1.1 to A
    3      A declines r1.1: busy 1/1
           > discard r1.1
           > r1 is number 1
    300    A reports tiny ready 0/1
           > offer r1.2 to A
    301    A declines r1.2: busy 1/1
           > discard r1.2
           > r1 is number 1
    600    A reports tiny ready 0/1
           > offer r1.3 to A
    601    A declines r1.3: busy 1/1
           > discard r1.3
           > r1 is number 1
    900    A reports tiny ready 0/1
           > offer r1.4 to A
    901    A declines r1.4: busy 1/1
           > discard r1.4
           > r1 is number 1
    1000   A starts beating
    60002  clock
           > r1 is rejected: queue_timeout, come back in 5919
    `,
  );

  story(
    'that is out when the wait ends is still decided by its answer',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/1
    2      A starts beating
    10     r1 asks tiny
           > offer r1.1 to A
    # Not answered, and nothing heard of the slot for long.
    5010   clock
           > cancel r1.1 on A: deadline
           > discard r1.1
           > r1 is number 1
    59000  A has stopped r1.1
           > offer r1.2 to A
    60011  A declines r1.2: busy 1/1
           > r1 is rejected: queue_timeout, come back in 5919
    `,
  );

  story(
    'declined for its length ends the request',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1
    2  r1 asks tiny
       > offer r1.1 to A
    3  A declines r1.1: context-overflow 9000>7168
       > r1 is rejected: context_overflow
    `,
  );

  story(
    'refused ends the request with the machine’s own error',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1
    2  r1 asks tiny
       > offer r1.1 to A
    3  A declines r1.1: refused
       > r1 is rejected: unsupported_feature
    `,
  );

  story(
    'declined by a draining machine goes elsewhere',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/4
    2  B connects
       > B/1 is live
    3  B reports tiny ready 0/2
    4  r1 asks tiny
       > offer r1.1 to A
    5  A declines r1.1: draining
       > discard r1.1
       > offer r1.2 to B
    6  r2 asks tiny
       > offer r2.1 to B
    `,
  );

  story(
    'declined because the model is not there goes to the next machine',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     B connects
          > B/1 is live
    3     B reports tiny ready 0/2
    4     r1 asks tiny
          > offer r1.1 to A
    5     A declines r1.1: model-unavailable
          > discard r1.1
          > offer r1.2 to B
    6     B declines r1.2: model-unavailable
          > discard r1.2
          > r1 is number 1
    # Nobody is left: a report may still mend it, for 5 s.
    100   A reports tiny loading, big ready 0/1
    5500  B reports tiny ready 0/2
          > offer r1.3 to B
    5501  B accepts r1.3
          > assign r1.3 to B
    `,
  );

  story(
    'declined because the model is not there, by the only machine, is given up after 5 s without better news',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    4     r1 asks tiny
          > offer r1.1 to A
    5     A declines r1.1: model-unavailable
          > discard r1.1
          > r1 is number 1
    2000  A is heard
    5005  clock
          > r1 is rejected: no_machine, come back in 5919
    `,
  );
});

describe('stale words', () => {
  story(
    'of an earlier attempt change nothing',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/4
    2   B connects
        > B/1 is live
    3   B reports tiny ready 1/4
    4   r1 asks tiny
        > offer r1.1 to A
    5   A accepts r1.1
        > assign r1.1 to A
    6   r1.1 fails: engine_failed
        > discard r1.1
        > offer r1.2 to B
    7   B accepts r1.2
        > assign r1.2 to B
    8   r1.1 is streaming
    9   r1.1 shows content
    10  r1.1 ends
    11  r1.1 fails: engine_failed
    12  A declines r1.1: refused
    13  B accepts r1.2
    # r1.1 counted nothing as shown, so losing B is still invisible.
    14  B disconnects
        > B/1 is lost
        > discard r1.2
        > offer r1.3 to A
    `,
  );

  story(
    'of an older session are not heard',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1
    2  r1 asks tiny
       > offer r1.1 to A
    3  A accepts r1.1
       > assign r1.1 to A
    4  A connects
       > A/1 is lost
       > discard r1.1
       > A/2 is live
       > r1 is number 1
    5  A/1 reports tiny ready 0/1
    6  A/1 is heard
    7  A/1 disconnects
    8  A reports tiny ready 0/1
       > offer r1.2 to A
    `,
  );

  story(
    'declining a repeated offer do not touch the work on the first one',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1
    2  r1 asks tiny
       > offer r1.1 to A
    3  A accepts r1.1
       > assign r1.1 to A
    4  A declines r1.1: draining
    5  r2 asks tiny
       > r2 is number 1
    6  r1.1 ends
       > r1 is answered
       > offer r2.1 to A
    `,
  );

  story(
    'about requests nobody knows are answered with a cancel when they cost a slot',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/1
    2  A accepts r9.1
       > cancel r9.1 on A: superseded
    3  A has stopped r9.1
    4  r9.1 ends
    5  r9 is withdrawn: client-left
    6  B accepts r9.1
    `,
  );
});

describe('an engine fault', () => {
  story(
    'before content is tried again, on another machine if there is one',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/4
    2  B connects
       > B/1 is live
    3  B reports tiny ready 3/4
    4  r1 asks tiny
       > offer r1.1 to A
    5  A accepts r1.1
       > assign r1.1 to A
    6  r1.1 fails: engine_failed
       > discard r1.1
       > offer r1.2 to B
    7  B accepts r1.2
       > assign r1.2 to B
    8  r1.2 ends
       > r1 is answered
    `,
  );

  story(
    'waits for the other machine rather than try the same one',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/4
    2  B connects
       > B/1 is live
    3  B reports tiny ready 1/1
    4  r1 asks tiny
       > offer r1.1 to A
    5  A accepts r1.1
       > assign r1.1 to A
    6  r1.1 fails: engine_failed
       > discard r1.1
       > r1 is number 1
    # A later request does not suffer from it.
    7  r2 asks tiny
       > offer r2.1 to A
    8  B reports tiny ready 0/1
       > offer r1.2 to B
    `,
  );

  story(
    'is tried again on the only machine, three times in all',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/4
    4   r1 asks tiny
        > offer r1.1 to A
    5   A accepts r1.1
        > assign r1.1 to A
    6   r1.1 fails: engine_failed
        > discard r1.1
        > offer r1.2 to A
    7   A accepts r1.2
        > assign r1.2 to A
    8   r1.2 fails: output_unusable
        > discard r1.2
        > offer r1.3 to A
    9   A accepts r1.3
        > assign r1.3 to A
    10  r1.3 fails: engine_failed
        > r1 is rejected: engine_failed
    `,
  );

  story(
    'that no other try can mend ends the request',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/4
    4  r1 asks tiny
       > offer r1.1 to A
    5  A accepts r1.1
       > assign r1.1 to A
    6  r1.1 fails: unsupported_feature
       > r1 is rejected: unsupported_feature
    `,
  );

  story(
    'after content fails the request',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/4
    4  r1 asks tiny
       > offer r1.1 to A
    5  A accepts r1.1
       > assign r1.1 to A
    6  r1.1 shows content
    7  r1.1 fails: engine_failed
       > r1 is failed: engine_failed
    `,
  );
});

describe('progress', () => {
  story(
    'that stops before content cancels the attempt and tries another machine',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/4
    2      B connects
           > B/1 is live
    3      B reports tiny ready 3/4
    4      A starts beating
    5      B starts beating
    10     r1 asks tiny
           > offer r1.1 to A
    20     A accepts r1.1
           > assign r1.1 to A
    1000   r1.1 is loading
    2000   r1.1 is prefilling
    32000  clock
           > cancel r1.1 on A: deadline
           > discard r1.1
           > offer r1.2 to B
    32010  B accepts r1.2
           > assign r1.2 to B
    `,
  );

  story(
    'that stops after content fails the request',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/4
    2      A starts beating
    10     r1 asks tiny
           > offer r1.1 to A
    20     A accepts r1.1
           > assign r1.1 to A
    1000   r1.1 shows content
    20000  r1.1 is streaming
    50000  clock
           > cancel r1.1 on A: deadline
           > r1 is failed: engine_stalled, come back in 2367
    `,
  );
});
