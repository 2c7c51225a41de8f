#!/usr/bin/env node
import { leave, processIo } from './io'
import { createProgram } from './program'
import { report } from './run-command'

const io = processIo()
await createProgram(io)
  .parseAsync()
  .catch(async (error: unknown) => leave(report(io, error)))
