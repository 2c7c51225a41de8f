import { importBundle } from './bundle'
import { type Edit, edited } from './edited'
import type { LibraryExports } from './subject'

/** Few deliveries of a history meet. They wait for each other here, and for a command that is under way. */
export const moreTogether: readonly Edit[] = [
  { file: 'mongoose/command/send.ts', text: 'HOLD_MS = 10', instead: 'HOLD_MS = 50' },
  {
    file: 'mongoose/command/send.ts',
    text: 'const afterThisTurn = setImmediate',
    instead: 'const afterThisTurn = (send: () => void) => setTimeout(send, 3)',
  },
]

/** The library under test, with planted bugs. */
export const importLibrary = (bugs: readonly Edit[] = []): Promise<LibraryExports> =>
  importBundle('library', [edited([...moreTogether, ...bugs])])
