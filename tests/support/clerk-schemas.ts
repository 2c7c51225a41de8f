import { Ajv, type ValidateFunction } from 'ajv'
import { fullFormats } from 'ajv-formats/dist/formats.js'
import schemas from './clerk-schemas.json'

const ajv = new Ajv({ strict: false, allErrors: true, formats: { int64: fullFormats.int64 } })
ajv.addSchema({ $id: 'clerk', ...schemas })

export type SchemaName = keyof typeof schemas.definitions

/** What is wrong with an answer by a schema of Clerk's Backend API; empty where nothing is. */
export function problemsWith(schema: SchemaName, json: unknown): string[] {
  return problems(ajv.getSchema(`clerk#/definitions/${schema}`), json)
}

/** What is wrong with an event by Clerk's webhook schema for its type. */
export function problemsWithEvent(event: { type: string }): string[] {
  return problems(ajv.getSchema(`clerk#/events/${event.type}`), event)
}

function problems(validate: ValidateFunction | undefined, json: unknown): string[] {
  if (!validate) return ['there is no schema for it']
  void validate(json)
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  )
}
