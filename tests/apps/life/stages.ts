import { collidedStages } from './collided'
import { deletedStages } from './deleted'
import { hiddenStages } from './hidden'
import { hookedStages } from './hooked'
import type { Stage } from './stage'
import { storedStages } from './stored'
import { clerkStages } from './with-clerk'

/** All stages of a user's life. Every app runs the stages that apply to it. */
export const stages: Stage[] = [
  ...storedStages,
  ...collidedStages,
  ...deletedStages,
  ...hiddenStages,
  ...hookedStages,
  ...clerkStages,
]
