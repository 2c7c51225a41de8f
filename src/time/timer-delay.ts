/** The longest time that timers take, in milliseconds: about 24 days. They take a longer one for none. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** The delay for a timer that is to fire at or after `milliseconds`, whatever number that is. */
export const timerDelay = (milliseconds: number): number => Math.min(MAX_TIMER_MS, Math.max(0, milliseconds || 0))
