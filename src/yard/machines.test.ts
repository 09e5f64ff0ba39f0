import { describe } from 'node:test';
import { story } from './fixtures/story.ts';

describe('a machine', () => {
  story(
    'that has not confirmed a cancel is told of it again, also once it does not list the model any more',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/1
    2      r1 asks tiny
           > offer r1.1 to A
    3      A accepts r1.1
           > assign r1.1 to A
    4      r1 is withdrawn: client-left
           > cancel r1.1 on A: client-left
           > r1 is cancelled: client-left
    5000   A reports nothing
           > cancel r1.1 on A: superseded
    5010   A has stopped r1.1
    9000   A reports nothing
    `,
  );

  story(
    'that falls silent is suspect at 7.5 s and lost at 15 s; unshown tickets move, shown ones fail',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/4
    2      r1 asks tiny
           > offer r1.1 to A
    3      A accepts r1.1
           > assign r1.1 to A
    4      r2 asks tiny
           > offer r2.1 to A
    5      A accepts r2.1
           > assign r2.1 to A
    6      r2.1 shows content
    7      B connects
           > B/1 is live
    8      B reports tiny ready 0/1
    9      B starts beating
    7501   clock
           > A/1 is suspect
    # B has one slot; A has three free and gets nothing.
    7600   r3 asks tiny
           > offer r3.1 to B
    7601   r4 asks tiny
           > r4 is number 1
    7700   B accepts r3.1
           > assign r3.1 to B
    15001  clock
           > A/1 is lost
           > discard r1.1
           > r2 is failed: machine_lost, come back in 2010
           > r1 is number 1
    15020  r3.1 ends
           > r3 is answered
           > offer r1.2 to B
    `,
  );

  story(
    'that is linked by plain HTTP requests may be silent twice as long',
    `
    0      A connects over http
           > A/1 is live
    1      A reports tiny ready 0/1
    15001  clock
           > A/1 is suspect
    30001  clock
           > A/1 is lost
    `,
  );

  story(
    'that is heard again in time gets work again',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/1
    7501   clock
           > A/1 is suspect
    7600   r1 asks tiny
           > r1 is number 1
    9000   A is heard
           > A/1 is live
           > offer r1.1 to A
    9010   A accepts r1.1
           > assign r1.1 to A
    16499  clock
    16500  clock
           > A/1 is suspect
    `,
  );

  story(
    'that disconnects loses its tickets at once; they return to the front in their order',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/2
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
    7  A disconnects
       > A/1 is lost
       > discard r1.1
       > discard r2.1
       > r1 is number 1
       > r2 is number 2
    8  B connects
       > B/1 is live
    9  B reports tiny ready 0/1
       > offer r1.2 to B
    `,
  );

  story(
    'that lost its link three times with the same request is the request’s end',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/1
    2   r1 asks tiny
        > offer r1.1 to A
    3   A disconnects
        > A/1 is lost
        > discard r1.1
        > r1 is number 1
    4   A connects
        > A/2 is live
    5   A reports tiny ready 0/1
        > offer r1.2 to A
    6   A accepts r1.2
        > assign r1.2 to A
    7   A disconnects
        > A/2 is lost
        > discard r1.2
        > r1 is number 1
    8   A connects
        > A/3 is live
    9   A reports tiny ready 0/1
        > offer r1.3 to A
    10  A disconnects
        > A/3 is lost
        > r1 is rejected: machine_lost, come back in 2367
    `,
  );

  story(
    'with a newer session ends the older one, whose work is not counted as ours',
    `
    0   A connects
        > A/1 is live
    1   A reports tiny ready 0/2
    2   r1 asks tiny
        > offer r1.1 to A
    3   A accepts r1.1
        > assign r1.1 to A
    4   r1.1 shows content
    5   A connects
        > A/1 is lost
        > r1 is failed: machine_lost, come back in 2367
        > A/2 is live
    # The agent still stops the old work: one slot is busy.
    6   A reports tiny ready 1/2
    7   r2 asks tiny
        > offer r2.1 to A
    8   r3 asks tiny
        > r3 is number 1
    9   A reports tiny ready 1/2
    10  A accepts r2.1
        > assign r2.1 to A
    11  A reports tiny ready 1/2
        > offer r3.1 to A
    `,
  );

  story(
    'that stops its work by itself gives it to another one',
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
    6  A has stopped r1.1
       > discard r1.1
       > offer r1.2 to B
    `,
  );

  story(
    'that drains finishes its work and gets no more',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/2
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    4     A reports draining, tiny ready 1/2
    5     r2 asks tiny
          > r2 is number 1
    6     r1.1 ends
          > r1 is answered
    5005  clock
          > r2 is rejected: no_machine, come back in 10050
    `,
  );
});

describe('a model', () => {
  story(
    'nobody serves: requests wait 5 s for a machine to come back',
    `
    0     r1 asks tiny
          > r1 is number 1
    2000  r2 asks tiny
          > r2 is number 2
    5000  clock
          > r1 is rejected: no_machine, come back in 5919
          > r2 is rejected: no_machine, come back in 5025
    6000  r3 asks tiny
          > r3 is number 1
    7000  A connects
          > A/1 is live
    7500  A reports tiny ready 0/1
          > offer r3.1 to A
    `,
  );

  story(
    'that is being loaded is waited for',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny loading
    2      A starts beating
    10     r1 asks tiny
           > r1 is number 1
    20     r2 asks tiny
           > r2 is number 2
    50000  A reports tiny ready 0/1
           > offer r1.1 to A
    50010  A accepts r1.1
           > assign r1.1 to A
    51000  clock
           > r2 is number 1
    60020  clock
           > r2 is rejected: queue_timeout, come back in 5025
    `,
  );

  story(
    'that is still being loaded after five minutes is a reason to come back',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny loading
    2      A starts beating
    10     r1 asks tiny
           > r1 is number 1
    300010 clock
           > r1 is rejected: model_loading, come back in 11837
    `,
  );

  story(
    'that could not be loaded is an error at once, unless another machine may serve it',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny loading
    2  r1 asks tiny
       > r1 is number 1
    3  A reports tiny failed
       > r1 is rejected: model_load_failed
    4  r2 asks tiny
       > r2 is rejected: model_load_failed
    5  B connects
       > B/1 is live
    6  B reports tiny loading
    7  r3 asks tiny
       > r3 is number 1
    8  A reports nothing
    `,
  );

  story(
    'whose machine is suspect is waited for; when it is lost, for 5 s more',
    `
    0      A connects
           > A/1 is live
    1      A reports tiny ready 0/1
    7501   clock
           > A/1 is suspect
    8000   r1 asks tiny
           > r1 is number 1
    15001  clock
           > A/1 is lost
    20001  clock
           > r1 is rejected: no_machine, come back in 5919
    `,
  );
});

describe('drain', () => {
  story(
    'rejects what comes; what runs goes on, and what waits gets its turn, once',
    `
    0  A connects
       > A/1 is live
    1  A reports tiny ready 0/2
    2  r1 asks tiny
       > offer r1.1 to A
    3  A accepts r1.1
       > assign r1.1 to A
    4  r2 asks tiny
       > offer r2.1 to A
    5  r3 asks tiny
       > r3 is number 1
    6  drain
    7  r4 asks tiny
       > r4 is rejected: draining, come back in 2233
    8  A declines r2.1: busy 2/2
       > discard r2.1
       > r2 is number 1
    9  B connects
       > B/1 is live
   10  B reports tiny ready 0/1
       > offer r2.2 to B
   11  B accepts r2.2
       > assign r2.2 to B
   12  r1.1 ends
       > r1 is answered
  258  clock
       > offer r3.1 to A
  400  A reports tiny ready 0/2
  401  B disconnects
       > B/1 is lost
       > discard r2.2
       > offer r2.3 to A
  402  A accepts r2.3
       > assign r2.3 to A
  403  r2.3 ends
       > r2 is answered
    `,
  );
});

describe('a machine whose connection broke', () => {
  story(
    'keeps the ticket it has shown something of, and goes on when it is back',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    4     r1.1 shows content
    100   A is away
          > A/1 is suspect
    # Nothing is offered to it.
    200   r2 asks tiny
          > r2 is number 1
    5100  A is heard
          > A/1 is live
          > offer r2.1 to A
    5200  r1.1 ends
          > r1 is answered
    `,
  );

  story(
    'loses what nobody has seen to another machine at once',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     B connects
          > B/1 is live
    3     B reports tiny ready 3/4
    4     r1 asks tiny
          > offer r1.1 to A
    5     A accepts r1.1
          > assign r1.1 to A
    6     r1.1 is prefilling
    100   A is away
          > A/1 is suspect
          > cancel r1.1 on A: superseded
          > discard r1.1
          > offer r1.2 to B
    110   B accepts r1.2
          > assign r1.2 to B
    3000  A is heard
          > A/1 is live
    3001  A has stopped r1.1
    `,
  );

  story(
    'keeps what no other can do, until its lease is over',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    100   A is away
          > A/1 is suspect
    15100 clock
          > A/1 is lost
          > discard r1.1
          > r1 is number 1
    `,
  );

  story(
    'and had shown something fails the request when it does not come back',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    4     r1.1 shows content
    100   A is away
          > A/1 is suspect
    15100 clock
          > A/1 is lost
          > r1 is failed: machine_lost, come back in 2367
    `,
  );

  story(
    'and was silent before is waited for no longer than its lease',
    `
    0     A connects
          > A/1 is live
    7500  clock
          > A/1 is suspect
    14000 A is away
    15000 clock
          > A/1 is lost
    `,
  );
});

describe('a machine that its owner keeps from new work', () => {
  story(
    'ends what it has, takes nothing, and works again when it is released',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    4     A is held
    5     r2 asks tiny
          > r2 is number 1
    6     r1.1 ends
          > r1 is answered
    # A report does not release it.
    7     A reports tiny ready 0/4
    8     A is released
          > offer r2.1 to A
    `,
  );
});

describe('a machine that is short of memory', () => {
  story(
    'ends what it has, takes nothing, and works again when it says so',
    `
    0     A connects
          > A/1 is live
    1     A reports tiny ready 0/4
    2     r1 asks tiny
          > offer r1.1 to A
    3     A accepts r1.1
          > assign r1.1 to A
    4     A reports pressed, tiny ready 1/4
    5     r2 asks tiny
          > r2 is number 1
    6     r1.1 ends
          > r1 is answered
    100   A reports tiny ready 0/4
          > offer r2.1 to A
    `,
  );
});
