/** What the wall clock may gain on the other one between two looks without a sleep: small corrections by the network. */
const CORRECTION_MS = 2_000;

type Clock = () => number;

/**
 * Monotonic milliseconds that go on while the machine sleeps, since people's time does too. On most systems
 * `performance.now()` stands still meanwhile, so that what the wall clock gains at once counts as slept. A wall clock
 * that is set forward by hand looks the same: it makes a room end early, and no clock can make one end late.
 */
export function sleepAwareClock(awake: Clock, wall: Clock): Clock {
  let slept = 0;
  let last = { awake: awake(), wall: wall() };
  return () => {
    const now = { awake: awake(), wall: wall() };
    const gained = now.wall - last.wall - (now.awake - last.awake);
    if (gained > CORRECTION_MS) slept += gained;
    last = now;
    return now.awake + slept;
  };
}
