import type { PushExtension } from '../write/push-extension'
import { pushGuard, setFitting, takenAsRead } from './guard'
import { mark } from './mark'
import { meetOwned } from './meet-owned'
import { adaptToPush, readAfterPush } from './meet-push'
import { splitOwned } from './owned-values'
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
  taken: (target, incoming, doc, unfit) => meetOwned(target, incoming, doc, unfit).taken,
}
