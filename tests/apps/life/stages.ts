import { collidedStages } from './collided'
import { deletedStages } from './deleted'
import { hiddenStages } from './hidden'
import { hookedStages } from './hooked'
import type { Stage } from './stage'
import { storedStages } from './stored'
import { clerkStages } from './with-clerk'

/** The life of a user: every app goes through every stage that applies to it. */
export const stages: Stage[] = [
  ...storedStages,
  ...collidedStages,
  ...deletedStages,
  ...hiddenStages,
  ...hookedStages,
  ...clerkStages,
]
