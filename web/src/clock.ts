/** The wall clock may gain this much between two readings without a sleep: the network corrects it a little. */
const CORRECTION_MS = 2_000;

type Clock = () => number;

/**
 * A monotonic clock in milliseconds that goes on while the machine sleeps, because a room's time is people's time.
 * `awake` (`performance.now()`) stands still during a sleep on most systems, so whatever `wall` gains on it at once
 * counts as slept. A wall clock that is set forward by hand cannot be told from a sleep: it makes a room end early.
 * No clock can make a room end late.
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
