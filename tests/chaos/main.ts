import { check } from './check'
import { runCommand } from './run-command'
import { createWorld } from './world'

await runCommand('chaos', createWorld, check)
