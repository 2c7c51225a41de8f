import type { Exported } from '../project/statements'

/** How the app's `clerkSync` connects. */
export interface Connect {
  /** Value of the option `connect`. */
  value: string
  /** The app's function in it, and its import path; `undefined` for `connectOnce`. */
  from: (Exported & { path: string }) | undefined
}
