/** What of Babel's nodes, and of the object it gives to plugins, is used here; its types are no dependency. */
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
 * A Babel plugin for the fields of classes with decorators (typegoose, NestJS), as jiti 2.7 compiles them: `name!: string` with a
 * decorator is refused there ("Definitely assigned fields cannot be initialized"), and a class whose fields have decorators
 * throws when an instance is made, since the plugin that follows the one for decorators is missing.
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
