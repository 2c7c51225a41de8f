import { importBundle } from './bundle'
import { type Edit, edited } from './edited'
import type { LibraryExports } from './subject'

/** One command of a group at a time, so that even the few deliveries of a history wait for each other. */
export const moreTogether: Edit = {
  file: 'mongoose/command/group-commit.ts',
  text: 'MAX_UNDER_WAY = 4',
  instead: 'MAX_UNDER_WAY = 1',
}

/** The library under test, with planted bugs. */
export const importLibrary = (bugs: readonly Edit[] = []): Promise<LibraryExports> =>
  importBundle('library', [edited([moreTogether, ...bugs])])
