import type { Fate, Plot, TimedAction } from './plot'

/** Short histories that meet a planted bug soon, as random ones need minutes. The oracle judges them in the same way. */
const USERS = 8
const everyUser = Array.from({ length: USERS }, (_, who) => who)
const inOrder: Fate = { lose: false, double: false, reorder: false, delayMs: 0 }

function plot(actions: TimedAction[], rest: Partial<Plot> = {}): Plot {
  return {
    salt: 1,
    users: USERS,
    workers: 2,
    switchOn: 0,
    latencyMs: 150,
    // The first users need a document before the app can write to it.
    actions: [{ ...write(0), wait: 500 }, ...actions],
    disputes: [],
    fates: [inOrder],
    ...rest,
  }
}

function write(who: number, path: 'plan.tier' | 'lastName' = 'plan.tier', wait = 0): TimedAction {
  return {
    do: 'local',
    how: 'updateOne',
    who,
    other: who,
    changes: [{ path, isUnset: false }],
    wait,
    isConcurrent: true,
  }
}

function apiFails(status: 500 | 'hang', times: number): TimedAction {
  const mishap = { kind: 'api', status, times, isApplied: false, isForUpdates: true } as const
  return { do: 'mishap', mishap, wait: 0, isConcurrent: true }
}

const stop = (arg: number, wait: number): TimedAction => ({
  do: 'mishap',
  mishap: { kind: 'stop', arg },
  wait,
  isConcurrent: true,
})

/** Each user is written again while the first value is on its way. */
export const writtenDuringPush = plot([
  ...everyUser.map((who) => write(who)),
  ...everyUser.map((who) => write(who, 'lastName', 40)),
])

/** Clerk fails more often than one push tries again by itself. */
export const clerkFails = plot([apiFails(500, 20), ...everyUser.map((who) => write(who))])

/** Both workers stop while Clerk does not answer. */
export const stoppedDuringPush = plot([
  apiFails('hang', USERS),
  ...everyUser.map((who) => write(who)),
  stop(0, 400),
  stop(1, 0),
])

/** Another database on the same instance pushes another value. */
export const disputed = plot([], { users: 2, disputes: [{ who: 0, leaf: 'plan.tier' }] })
