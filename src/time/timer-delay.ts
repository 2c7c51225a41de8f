/** The longest delay of a timer, in milliseconds: about 24 days. Timers fire at once for longer ones. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** A valid delay for a timer that fires at or after `milliseconds`, for any number. */
export const timerDelay = (milliseconds: number): number => Math.min(MAX_TIMER_MS, Math.max(0, milliseconds || 0))
