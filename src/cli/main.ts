#!/usr/bin/env node
import { createProgram } from './program'
import { exitCodes, leave, processIo } from './terminal/io'
import { report } from './terminal/run-command'

const io = processIo()
await createProgram(io)
  .parseAsync()
  .catch(async (error: unknown) => {
    const code = report(io, error)
    // Help and version are text.
    if (code !== exitCodes.fine) io.end(code)
    await leave(code)
  })
