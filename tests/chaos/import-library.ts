import { importBundle } from './bundle'
import { type Edit, edited } from './edited'
import type { LibraryExports } from './subject'

/** Few deliveries of a history meet. They wait for each other here, and for a command that is under way. */
export const moreTogether: readonly Edit[] = [
  { file: 'mongoose/command/send.ts', text: 'MAX_UNDER_WAY = 4', instead: 'MAX_UNDER_WAY = 1' },
  {
    file: 'mongoose/command/send.ts',
    text: 'this.waiting.push({ item, resolve, reject })\n      this.next()',
    instead: 'this.waiting.push({ item, resolve, reject })\n      setTimeout(() => this.next(), 3)',
  },
]

/** The library under test, with planted bugs. */
export const importLibrary = (bugs: readonly Edit[] = []): Promise<LibraryExports> =>
  importBundle('library', [edited([...moreTogether, ...bugs])])
