/** The parts of Babel's nodes and plugin API that are used here; its types are not a dependency. */
interface Path {
  node: { definite?: boolean; name?: string; arguments: unknown[] }
  get(key: string): Path
  isIdentifier(): boolean
  traverse(visitor: Record<string, (path: Path) => void>): void
  replaceWith(node: unknown): void
}
interface Babel {
  types: { cloneNode(node: unknown): unknown }
  template: { expression: { ast(parts: TemplateStringsArray, ...nodes: unknown[]): unknown } }
}

/**
 * A Babel plugin for decorated class fields (typegoose, NestJS) in jiti 2.7, which refuses `name!: string` with a
 * decorator ("Definitely assigned fields cannot be initialized"), and compiles such classes so that creating an
 * instance throws, because the plugin that must follow the one for decorators is missing.
 */
export function classFields({ types, template }: Babel) {
  return {
    visitor: {
      Program: {
        enter(program: Path) {
          program.traverse({
            ClassProperty({ node }) {
              node.definite = false
            },
          })
        },
        exit(program: Path) {
          program.traverse({
            CallExpression(call) {
              const callee = call.get('callee')
              if (!callee.isIdentifier() || !callee.node.name?.startsWith('_initializerWarningHelper')) return
              const [descriptor] = call.node.arguments
              call.replaceWith(template.expression.ast`${types.cloneNode(descriptor)}?.initializer?.call(this)`)
            },
          })
        },
      },
    },
  }
}
