import type { PushExtension } from '../write/push-extension'
import { compareOwned } from './compare-owned'
import { pushGuard, setFitting, takenAsRead } from './guard'
import { mark } from './mark'
import { splitOwned } from './owned-values'
import { adaptToPush, readAfterPush } from './recognize-push'
import { newToken, tokenOfEvent } from './token'

/** What the option `push` adds to the guarded write. */
export const pushing: PushExtension = {
  split: splitOwned,
  fit: setFitting,
  guard: pushGuard,
  takenGuard: takenAsRead,
  due: (target, cause) => mark(target, cause === 'event' ? tokenOfEvent() : newToken()),
  read: readAfterPush,
  adapt: adaptToPush,
  taken: (target, incoming, doc, unfit) => compareOwned(target, incoming, doc, unfit).taken,
}
