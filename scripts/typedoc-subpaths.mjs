// A plugin of TypeDoc: names each module as apps import it, `clerk-mongo-sync/express` instead of `adapters/express`.
import { Converter, ReflectionKind } from 'typedoc'

export function load({ converter }) {
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const subpath = module.name.replace(/^adapters\//, '')
      module.name = subpath === 'index' ? 'clerk-mongo-sync' : `clerk-mongo-sync/${subpath}`
    }
  })
}
