/** One call of a logger. */
export interface LogEntry {
  level: 'debug' | 'info' | 'warn' | 'error'
  message: string
  path?: string
}

/** A logger that records its calls. */
export function recorder() {
  const entries: LogEntry[] = []
  const at = (level: LogEntry['level']) => (fields: object, message: string) =>
    void entries.push({ ...fields, level, message })
  return { entries, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}
