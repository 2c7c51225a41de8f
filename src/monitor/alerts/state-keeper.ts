import { type MonitorState, readState } from './monitor-state'

/** Keeps what a monitor knows while the database cannot. */
export class StateKeeper {
  /** What could not be saved, and the time of the saved round that it was made from. */
  #unsaved: { state: MonitorState; madeFrom: number | undefined } | undefined
  #madeFrom: number | undefined
  #last: MonitorState | undefined

  /** The state for a round. @param saved `undefined` if the database could not be asked, `null` if it has none. */
  read(saved: Readonly<Record<string, unknown>> | null | undefined, now: Date): MonitorState {
    if (saved === undefined) return this.#unsaved?.state ?? this.#last ?? readState(undefined, now)
    const state = readState(saved ?? undefined, now)
    this.#madeFrom = state.checkedAt?.getTime()
    if (!this.#unsaved) return state
    const { state: own, madeFrom } = this.#unsaved
    if (madeFrom === this.#madeFrom) return own
    // Another monitor has saved in the meantime: only what the database could not know is ours.
    const { database } = own.firing
    const unsent = own.unsent.filter(({ rule }) => rule === 'database')
    return {
      ...state,
      firing: { ...state.firing, ...(database && { database }) },
      unsent: [...state.unsent, ...unsent],
    }
  }

  /** Remembers a state that is saved. */
  saved(state: MonitorState): void {
    this.#unsaved = undefined
    this.#last = state
    this.#madeFrom = state.checkedAt?.getTime()
  }

  /** Remembers a state that could not be saved. */
  notSaved(state: MonitorState): void {
    this.#unsaved = { state, madeFrom: this.#unsaved?.madeFrom ?? this.#madeFrom }
  }
}
