import { runCommand } from '../chaos/run-command'
import { check } from './check'
import { createWorld } from './world'

await runCommand('chaos:resources', createWorld, check)
