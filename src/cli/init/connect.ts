import type { Exported } from '../project/statements'

/** How the app's `clerkSync` connects. */
export interface Connect {
  /** The value of the option `connect`. */
  value: string
  /** The host's function in it, and from where to import that; `undefined` where it is `connectOnce`. */
  from: (Exported & { path: string }) | undefined
}
